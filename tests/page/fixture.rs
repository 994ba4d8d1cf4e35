//! Articles of our own with hand-made statements, so that a page's tests hang on no model.

use std::{fs, path::Path};

use demarche::{
    Article, ArticleReport, Span,
    pipeline::LabelledStatement,
    report::html::{Contribution, Evidence},
    segment::{Segmentation, segment},
    stance::Prediction,
    statement::{Holder, Kind, Statement},
    summarize::{Scored, Summary},
};
use serde_json::Value;

/// An article as the pipeline would report it.
pub(crate) struct Fixture {
    pub(crate) report: ArticleReport,
    pub(crate) evidence: Vec<Evidence>,
}

pub(crate) fn labels() -> Vec<String> {
    ["support", "concern", "expectation", "none"].map(String::from).to_vec()
}

impl Fixture {
    /// Reads `tests/fixtures/page/NAME.json` and the article that it names.
    pub(crate) fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let given: Value = serde_json::from_slice(&fs::read(folder.join(format!("page/{name}.json"))).unwrap()).unwrap();
        let text = fs::read_to_string(folder.join(given["text"].as_str().unwrap())).unwrap();
        Self::new(&text, &given)
    }

    /// The report of `text` as `given` tells it: statements by their words.
    pub(crate) fn new(text: &str, given: &Value) -> Self {
        let owned = |key: &str| given[key].as_str().map(str::to_owned);
        let article = Article { title: owned("title"), date: owned("date"), ..Article::from_text(text) };
        let segmentation = segment(text);
        let statements: Vec<&Value> = given["statements"].as_array().unwrap().iter().collect();
        let summary = summary(text, &segmentation, &given["summary"]);
        let warnings = given["warnings"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect();
        let labelled = statements.iter().map(|s| labelled(text, &segmentation, s)).collect();
        Self {
            evidence: statements.iter().map(|s| evidence(s)).collect(),
            report: ArticleReport { article, segmentation, summary, statements: labelled, warnings },
        }
    }

    pub(crate) fn page(&self) -> String {
        demarche::report::html::article(&self.report, &labels(), "hand-made", &self.evidence).unwrap()
    }
}

fn summary(text: &str, segmentation: &Segmentation, given: &Value) -> Summary {
    let begins = |words: &Value| {
        let words = words.as_str().unwrap();
        let found = |s: &demarche::segment::Sentence| s.span.of(text).trim_start_matches(['“', '"']).starts_with(words);
        segmentation.sentences.iter().position(found).unwrap_or_else(|| panic!("no sentence begins with {words}"))
    };
    let scored = (1..=segmentation.sentences.len()).map(|rank| Scored { score: 0.0, rank }).collect();
    Summary { chosen: given.as_array().unwrap().iter().map(begins).collect(), scored, ..Summary::default() }
}

fn labelled(text: &str, segmentation: &Segmentation, given: &Value) -> LabelledStatement {
    let content: Vec<Span> = given["content"].as_array().unwrap().iter().map(|words| find(text, 0..text.len(), words)).collect();
    let sentence = segmentation.sentences.iter().position(|s| s.span.overlaps(content[0])).unwrap();
    let home = segmentation.sentences[sentence].span.range();
    let words = |key: &str| given.get(key).map(|words| find(text, home.clone(), words));
    let string = |key: &str| given.get(key).map(|v| v.as_str().unwrap().to_owned());
    let leak = |s: String| -> &'static str { s.leak() };
    let holder = Holder {
        mention: words("mention"),
        name: string("name"),
        role: string("role"),
        resolved_by: string("resolved_by").map_or("", leak),
    };
    let reporter = |by: Span| Holder { mention: Some(by), ..Holder::default() };
    let statement = Statement {
        sentence,
        utterance: given["utterance"].as_u64().unwrap_or(0) as usize,
        cue: words("cue"),
        holder,
        kind: match given["kind"].as_str() {
            Some("direct") => Kind::Direct,
            Some("mixed") => Kind::Mixed,
            _ => Kind::Indirect,
        },
        speech: given.get("speech").is_none(),
        reported_by: words("reported_by").map(reporter),
        target: words("target"),
        found_by: "hand",
        content,
    };
    LabelledStatement { statement, prediction: prediction(given) }
}

fn prediction(given: &Value) -> Prediction {
    let probabilities: Vec<f32> = given["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap() as f32).collect();
    let main = (0..4).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b])).unwrap();
    let also =
        given["also"].as_array().into_iter().flatten().map(|l| labels().iter().position(|x| x == l.as_str().unwrap()).unwrap());
    let chosen = Some(main).filter(|&main| main != 3).into_iter().chain(also).collect();
    Prediction { probabilities, main, chosen, ..Prediction::default() }
}

fn evidence(given: &Value) -> Evidence {
    let one = |c: &Value| Contribution { feature: c[0].as_str().unwrap().to_owned(), weight: c[1].as_f64().unwrap() };
    given["evidence"].as_array().into_iter().flatten().map(one).collect()
}

fn find(text: &str, within: std::ops::Range<usize>, words: &Value) -> Span {
    let words = words.as_str().unwrap();
    let at = text[within.clone()].find(words).unwrap_or_else(|| panic!("{words:?} is not in {:?}", &text[within.clone()]));
    Span::new(text, within.start + at..within.start + at + words.len()).unwrap()
}
