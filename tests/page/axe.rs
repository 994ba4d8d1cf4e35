//! What axe-core finds against a page: obstacles for people who read by ear, by keyboard, or with weak eyes.

use std::path::Path;

use crate::browser::Browser;

/// Checks each page narrow and wide, light and dark, with everything open and the mouse on `hovered`.
pub(crate) fn check(pages: &[String], hovered: Option<&str>) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe-core/axe.min.js");
    let Ok(source) = std::fs::read_to_string(&source) else {
        eprintln!("skipped: no {} (npm pack axe-core; .ci/run fetches it)", source.display());
        return;
    };
    let Some(mut browser) = Browser::start() else { return };
    for page in pages {
        for (width, dark) in [(360, false), (360, true), (1440, false), (1440, true)] {
            browser.window(width, 900, dark);
            browser.open(page);
            browser.eval("document.querySelectorAll('details').forEach(d => { d.open = true; })");
            if let Some(selector) = hovered {
                browser.hover(selector);
                assert!(browser.comes_true("document.getElementById('card').checkVisibility()"));
            }
            browser.eval(&format!("{source}; 1"));
            let found = "axe.run().then(r => r.violations.map(v => v.impact + ' ' + v.id + ': ' \
                         + v.nodes.map(n => n.html.slice(0, 120) + ' ' + n.failureSummary).slice(0, 3).join(' | ')))";
            assert_eq!(browser.eval_strings(found), Vec::<String>::new(), "{width} px, dark: {dark}");
        }
    }
}
