//! Datelines: place, agency and date before the first sentence.
//!
//! No two agencies write them alike, so a dateline is read as a run of *parts* (place, date, agency)
//! with separators between, and accepted where the parts and the last separator leave no doubt.

use super::Dateline;
use crate::span::Span;

/// Longest dateline in bytes; the longest seen in agency copy has 74.
const LONGEST: usize = 120;
/// Most words of one part ("Kazakh Telegraph Service").
const LONGEST_PART: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// All capitals: "ST. PETERSBURG", "KAZINFORM".
    Capitals,
    /// Capitalised words: "Bosnia-Herzegovina", "Han River Press".
    Name,
    /// "Oct 4", "22 January", "27.04.2010".
    Date,
    /// In brackets or slashes: "(AP)", "/Rus-Press/".
    Agency,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Separator {
    Comma,
    Stop,
    Dash,
    Colon,
    Space,
}

/// The dateline at the start of `paragraph`, where there is one.
pub(super) fn find(text: &str, paragraph: Span) -> Option<Dateline> {
    let head = Span::clamped(text, paragraph.start()..paragraph.end().min(paragraph.start() + LONGEST));
    let mut reader = Reader { text: head.of(text), at: 0, parts: Vec::new(), date: None, accepted: None };
    reader.read();
    let end = head.start() + reader.accepted?;
    if end >= paragraph.end() {
        return None; // nothing but a dateline: then it is a line like any other
    }
    let span = Span::clamped(text, head.start()..end).trimmed(text);
    let date = reader.date.map(|(a, b)| Span::clamped(text, head.start() + a..head.start() + b));
    Some(Dateline { span, date })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    parts: Vec<Part>,
    date: Option<(usize, usize)>,
    /// End of the longest dateline read so far.
    accepted: Option<usize>,
}

impl Reader<'_> {
    fn read(&mut self) {
        // Exports put "date 2017-01-21" before the place.
        if self.text.starts_with("date ") || self.text.starts_with("Date ") {
            self.at = 5;
        }
        while let Some(part) = self.part() {
            self.parts.push(part);
            let separator = self.separator();
            if self.accepts(separator) {
                self.accepted = Some(self.at);
            }
            if self.parts.len() > 6 || self.text[self.at..].is_empty() {
                return;
            }
        }
    }

    /// Whether what was read may end here, before `self.at`.
    fn accepts(&self, separator: Separator) -> bool {
        if !self.text[self.at..].starts_with(|c: char| c.is_uppercase() || c.is_numeric() || is_opening(c)) {
            return false;
        }
        let (first, last) = (self.parts[0], self.parts[self.parts.len() - 1]);
        let has = |part| self.parts.contains(&part);
        let known = has(Part::Date) || has(Part::Agency);
        match separator {
            Separator::Dash => known || first == Part::Capitals || self.parts.len() <= 2,
            Separator::Colon => known || first == Part::Capitals,
            Separator::Stop if last == Part::Agency => true,
            Separator::Stop => has(Part::Date) && self.parts.len() > 1,
            Separator::Space if last == Part::Agency => true,
            Separator::Space => last == Part::Capitals && first != Part::Name && self.parts.len() > 1,
            Separator::Comma => false,
        }
    }

    fn part(&mut self) -> Option<Part> {
        let rest = &self.text[self.at..];
        if let Some(end) = bracketed(rest) {
            self.at += end;
            return Some(Part::Agency);
        }
        if let Some(end) = date(rest) {
            self.date.get_or_insert((self.at, self.at + end));
            self.at += end;
            return Some(Part::Date);
        }
        let (end, part) = name(rest)?;
        self.at += end;
        Some(part)
    }

    /// Reads the separator after a part and the white space after it.
    fn separator(&mut self) -> Separator {
        let rest = &self.text[self.at..];
        let mark: &str =
            &rest[..rest.find(|c: char| c.is_alphanumeric() || is_opening(c) || c == '(' || c == '/').unwrap_or(rest.len())];
        self.at += mark.len();
        let blank = mark.contains(char::is_whitespace);
        let spaced = blank || mark.starts_with('.');
        if mark.contains(['–', '—']) || spaced && mark.contains(['-', '―', '−']) {
            Separator::Dash
        } else if mark.contains(':') {
            Separator::Colon
        } else if mark.contains('.') && blank {
            Separator::Stop
        } else if mark.contains(',') {
            Separator::Comma
        } else {
            Separator::Space
        }
    }
}

fn is_opening(c: char) -> bool {
    matches!(c, '"' | '“' | '‘' | '\'' | '«' | '„')
}

/// Length of "(Adria Wire)" or "/Rus-Press/" at the start of `rest`.
fn bracketed(rest: &str) -> Option<usize> {
    let close = match rest.as_bytes().first()? {
        b'(' => ')',
        b'/' => '/',
        _ => return None,
    };
    let inner = &rest[1..];
    let end = inner.find(close).filter(|&n| n > 1 && n <= 40)?;
    inner[..end].starts_with(|c: char| c.is_uppercase()).then_some(end + 2)
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

fn is_month(word: &str) -> bool {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    word.len() >= 3 && MONTHS.iter().any(|m| word.starts_with(m)) && word.len() <= 9 && {
        let full = [
            "january",
            "february",
            "march",
            "april",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
            "sept",
        ];
        word.len() == 3 || full.contains(&word.as_str())
    }
}

/// Length of a date at the start of `rest`: "Oct. 4", "22 January 2010", "May 3, 2012", "27.04.2010", "2017-01-21".
fn date(rest: &str) -> Option<usize> {
    let mut words = rest.split([' ', '\u{a0}']);
    let first = words.next()?;
    let clean = |w: &str| w.trim_end_matches(['.', ',', ':', ')']).len();
    let numeric = &first[..clean(first)];
    if numeric.len() >= 8 && numeric.bytes().all(|b| b.is_ascii_digit() || b"./-".contains(&b)) {
        return Some(numeric.len());
    }
    let second = words.next()?;
    let day = |w: &str| matches!(clean(w), 1 | 2) && w[..clean(w)].bytes().all(|b| b.is_ascii_digit());
    let month_first = is_month(first) && day(second);
    let day_first = day(first) && clean(first) == first.len() && is_month(&second[..clean(second)]);
    if !month_first && !day_first {
        return None;
    }
    let mut end = first.len() + 1 + clean(second);
    let year = words.next().unwrap_or("");
    if clean(year) == 4 && year[..4].bytes().all(|b| b.is_ascii_digit()) && clean(second) + 1 >= second.len() {
        end = first.len() + 1 + second.len() + 1 + 4;
    }
    Some(end)
}

/// A run of capitalised words at the start of `rest`: its length and whether it is all capitals.
fn name(rest: &str) -> Option<(usize, Part)> {
    let mut end = 0;
    let mut capitals = None;
    for (n, word) in rest.split(' ').enumerate() {
        let bare = word.trim_end_matches([',', '.', ':']);
        let inner_stop = matches!(bare, "St" | "ST" | "Ste" | "MT" | "Mt" | "FT") && word.ends_with('.');
        let all = bare.len() > 1 && bare.chars().all(|c| c.is_uppercase() || !c.is_alphabetic());
        let capital = word.starts_with(|c: char| c.is_uppercase()) && bare.chars().count() > 1;
        // "MOSCOW. KAZINFORM Following": the capitals end where the sentence starts.
        if n >= LONGEST_PART || !capital || capitals.is_some_and(|c| c != all) || is_month(bare) && n > 0 {
            break;
        }
        capitals = Some(all);
        let start = if n == 0 { 0 } else { end + 1 };
        end = start + if inner_stop { word.len() } else { bare.len() };
        if end < start + word.len() {
            break;
        }
    }
    let part = if capitals? { Part::Capitals } else { Part::Name };
    (end > 0).then_some((end, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<(&str, Option<&str>)> {
        let whole = Span::clamped(text, 0..text.len());
        let dateline = find(text, whole)?;
        let rest = &text[dateline.span.end()..];
        assert!(!rest.is_empty());
        Some((dateline.span.of(text), dateline.date.map(|d| d.of(text))))
    }

    #[test]
    fn reads_many_house_styles() {
        let cases = [
            (
                "date 2019-03-02 BRATISLAVA. TATRAFORM After the talks, both left.",
                "date 2019-03-02 BRATISLAVA. TATRAFORM",
                Some("2019-03-02"),
            ),
            ("GENEVA (AP) — Talks ended.", "GENEVA (AP) —", None),
            ("DUSHANBE, Oct 4 (Pamir Agency) - Shells fell.", "DUSHANBE, Oct 4 (Pamir Agency) -", Some("Oct 4")),
            ("(CNN) The vote is on.", "(CNN)", None),
            ("Washington (CNN)The vote is on.", "Washington (CNN)", None),
            ("ASTANA. May 3. KazTAG - The Senate met.", "ASTANA. May 3. KazTAG -", Some("May 3")),
            ("PRAGUE — An appeals court met.", "PRAGUE —", None),
            ("ST HELIER, Jersey — The boats left.", "ST HELIER, Jersey —", None),
            ("Ashgabat, 22 January (Altyn Habar). A call took place.", "Ashgabat, 22 January (Altyn Habar).", Some("22 January")),
            ("MINSK, March 3. /Belpress/. The draft is ready.", "MINSK, March 3. /Belpress/.", Some("March 3")),
            ("Quito, 15 Mar (IPH).- Ecuador will vote.", "Quito, 15 Mar (IPH).-", Some("15 Mar")),
            ("ADELAIDE: The leader clung on.", "ADELAIDE:", None),
            ("NEW YORK, Dec. 11, 2015 (UPI) -- It rained.", "NEW YORK, Dec. 11, 2015 (UPI) --", Some("Dec. 11, 2015")),
            ("Damascus, Barada News – The minister came.", "Damascus, Barada News –", None),
            ("BAKU. CASPFORM Both sides met.", "BAKU. CASPFORM", None),
            ("TALLINN, 9 February. A talk took place.", "TALLINN, 9 February.", Some("9 February")),
        ];
        for (text, want, date) in cases {
            assert_eq!(split(text), Some((want, date)), "{text}");
        }
    }

    #[test]
    fn leaves_ordinary_openings_alone() {
        for text in [
            "The Security Council met on Wednesday.",
            "NATO and the European Union met in Brussels.",
            "Kazakhstan and Hungary have agreed to meet.",
            "Lavrov: Astana will host the talks.",
            "In Moscow, 3 January was a holiday.",
            "Two people - Ivan and Anna - met.",
            "Moscow, Tehran and Ankara agreed.",
            "May 3 was the day. Nobody came.",
            "",
            "É",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
