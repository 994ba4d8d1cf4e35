//! Texts that would take the page over if they could.

use serde_json::json;

use crate::fixture::Fixture;

/// What each hostile text would run: a page on which it ran has this title.
pub(crate) const OWNED: &str = "owned";

/// An article whose text, names and title try to break out of the page.
pub(crate) fn hostile() -> Fixture {
    let text = "<script>document.title='owned'</script> said <img src=x onerror=\"document.title='owned'\"> on \u{7}Monday\0.\n\n\
        </p></article><svg onload=document.title='owned'> \"'><a href=javascript:document.title='owned'>x</a> said no.\n\n\
        \u{202e}=HYPERLINK(\"http://example.org\") said {{ 7*7 }} ]]> <!-- {% raw %} --> yes.\n\n\
        قال الوزير إن المحادثات \u{202e}ستستمر said the minister يوم الاثنين.\n\n\
        Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstellenleiterinnenverbandsversammlungsprotokollführerin said so.";
    let statement = |content: &str, cue: &str, name: &str, role: &str, p: [f64; 4]| {
        json!({"content": [content], "cue": cue, "name": name, "role": role, "probabilities": p,
            "evidence": [["<i>x</i>", 1.5], ["\" onmouseover=\"document.title='owned'", -0.5]]})
    };
    let given = json!({
        "title": "</title><script>document.title='owned'</script>\u{1b}[31m “quoted” & <b>bold</b>",
        "date": "\"><script>document.title='owned'</script>",
        "summary": ["<script>document.title"],
        "warnings": ["<img src=x onerror=document.title='owned'>"],
        "statements": [
            statement("<img src=x onerror=\"document.title='owned'\"> on \u{7}Monday\0", "said",
                "<script>document.title='owned'</script>", "=1+1\" onfocus=\"document.title='owned'\" autofocus=\"", [0.9, 0.05, 0.03, 0.02]),
            statement("no", "said", "=HYPERLINK(\"http://example.org\")", "</td></tr></table><h1>", [0.1, 0.8, 0.05, 0.05]),
            statement("yes", "said", "\u{202e}Evil\u{202c} name\u{0}", "", [0.1, 0.1, 0.7, 0.1]),
            statement("قال الوزير إن المحادثات \u{202e}ستستمر", "said", "الوزير", "وزير", [0.1, 0.1, 0.7, 0.1]),
            statement("so", "said", &"Ministerpräsidentenkonferenz".repeat(9), "role", [0.1, 0.1, 0.1, 0.7]),
        ],
    });
    Fixture::new(text, &given)
}

/// Beside the page's own two, no element that runs or loads anything is written, and no control character.
#[test]
fn hostile_text_stays_text() {
    let page = hostile().page();
    let (_, body) = page.split_once("<body>").unwrap();
    assert_eq!(body.matches("<script").count(), 1, "the page's own script");
    for tag in ["<img", "<svg onload", "<a href=javascript", "<b>bold", "<h1>\n", " onerror=\"", " onfocus=\""] {
        assert!(!body.contains(tag), "{tag}");
    }
    assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;"));
    assert!(!page.contains('\u{202e}'), "letters out of their order");
    assert!(page.contains("␇Monday␀") && page.contains("␛[31m"));
    assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "a raw control character");
}
