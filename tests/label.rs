//! `demarche label` as its users meet it: formats, fields, rejects, exit codes, interruptions.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A folder with files to label, and the program run in it.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demarche"));
        command.arg("label").args(line.split_whitespace()).current_dir(self.folder.path());
        command
    }

    fn label(&self, line: &str) -> Output {
        self.command(line).stdin(Stdio::null()).output().unwrap()
    }

    /// Labels with the given standard input.
    fn filter(&self, line: &str, input: &[u8]) -> Output {
        let mut child = self.command(line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// The rejects: line, byte and reason of each.
    fn rejects(&self, name: &str) -> Vec<(u64, u64, String)> {
        let row = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            (value["line"].as_u64().unwrap(), value["byte"].as_u64().unwrap(), value["reason"].as_str().unwrap().to_owned())
        };
        self.read(name).lines().map(row).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Statements with ids, numbers and nested fields, enough for many chunks.
fn corpus(n: usize) -> String {
    let acts = [
        "welcomed the truce",
        "deplored the raid on the port",
        "urged both sides to return to the table",
        "met in the capital on Monday",
    ];
    let row = |i: usize| {
        let act = acts[i % acts.len()];
        format!(
            "{{\"id\": {i}, \"n\":1.{i}0,\"text\" : \"Envoy number {i} {act} \\u2014 \\\"again\\\", é\", \"tags\":[{i}, {{\"a\":null}}] }}\n"
        )
    };
    (0..n).map(row).collect()
}

#[test]
fn other_fields_pass_byte_for_byte() {
    let bench = Bench::new().with("in.jsonl", corpus(50));
    let out = bench.label("in.jsonl");
    assert_eq!(code(&out), 0);
    for (row, record) in text(&out.stdout).lines().zip(corpus(50).lines()) {
        let head = record.strip_suffix(" }").unwrap();
        let added = row.strip_prefix(head).unwrap_or_else(|| panic!("{row}")).strip_prefix(",\"stance\":\"").unwrap();
        assert!(added.ends_with(" }"), "{added}");
        let value: serde_json::Value = serde_json::from_str(row).unwrap();
        let sum: f64 = ["p_support", "p_concern", "p_expectation", "p_none"].iter().map(|p| value[p].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 3e-4, "{row}");
        assert!(value["stances"].is_array());
    }
    assert_eq!(text(&out.stdout).lines().count(), 50);
}

#[test]
fn threads_and_chunks_make_no_difference() {
    let bench = Bench::new().with("in.jsonl", corpus(2000).replace("\"id\": 77,", "\"id\": oops,"));
    let mut seen = Vec::new();
    for options in
        ["--threads 1", "--threads 2 --chunk-bytes 1000", "--threads 4 --chunk-bytes 77", "--threads 3 --line-buffered"]
    {
        for packing in ["jsonl", "csv.gz", "jsonl.zst"] {
            let name = format!("out.{packing}");
            let out = bench.label(&format!("in.jsonl -o {name} --force --rejects rejects {options}"));
            assert_eq!(code(&out), 1, "{}", text(&out.stderr));
            seen.push((packing, bench.bytes(&name), bench.bytes("rejects")));
        }
    }
    for packing in ["jsonl", "csv.gz", "jsonl.zst"] {
        let mut of_one = seen.iter().filter(|(p, ..)| *p == packing);
        let first = of_one.next().unwrap();
        assert!(of_one.all(|other| other == first), "{packing}");
    }
    assert_eq!(bench.rejects("rejects").len(), 1);
    assert_eq!(bench.rejects("rejects")[0].0, 78);
}

#[test]
fn rejects_say_where_and_why_and_keep_the_bytes() {
    let mut input =
        b"{\"text\":\"a\"}\n\n{\"x\":1}\n{\"text\":5}\nno json\n{\"text\":\"\xff\"}\n{\"text\":\"\\ud800\"}\n".to_vec();
    input.extend(format!("{{\"text\":\"{}\"}}\n{{\"text\":\"z\"}}", "x".repeat(3000)).bytes());
    let bench = Bench::new().with("in.jsonl", &input);
    let out = bench.label("in.jsonl --rejects bad.jsonl --max-record 2000");
    assert_eq!((code(&out), text(&out.stdout).lines().count()), (1, 2));
    let reasons = [
        "no field `text`",
        "no string",
        "broken JSON at byte 0",
        "invalid UTF-8 after byte 9",
        "surrogate",
        "3012 bytes; at most 2000",
    ];
    let rejects = bench.rejects("bad.jsonl");
    let lines: Vec<u64> = rejects.iter().map(|reject| reject.0).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
    for ((_, byte, reason), expected) in rejects.iter().zip(reasons) {
        assert!(reason.contains(expected), "{reason}");
        assert!(*byte == 0 || input[usize::try_from(*byte).unwrap() - 1] == b'\n');
    }
    assert!(bench.read("bad.jsonl").contains("\"raw_base64\":\"eyJ0ZXh0Ijoi/yJ9\""));
}

#[test]
fn csv_keeps_its_own_form() {
    let input = "id,text,\"n\"\r\n1,\"We \"\"welcome\"\" it,\nall of it\",3.50\r\n2,They met,\r\n3,too few\r\n";
    let bench = Bench::new().with("in.csv", input);
    let out = bench.label("in.csv --rejects bad");
    assert_eq!(code(&out), 1);
    let rows = text(&out.stdout);
    assert!(rows.starts_with("id,text,n,stance,stances,p_support,p_concern,p_expectation,p_none\r\n"), "{rows}");
    assert!(rows.contains("\n1,\"We \"\"welcome\"\" it,\nall of it\",3.50,"), "{rows}");
    assert_eq!(rows.matches("\r\n").count(), 3);
    assert_eq!(bench.rejects("bad"), [(5, input.find("3,too").unwrap() as u64, "2 columns; the header has 3".to_owned())]);
}

#[test]
fn formats_turn_into_each_other() {
    let bench = Bench::new()
        .with("in.jsonl", "{\"id\":7,\"text\":\"a, \\\"b\\\"\",\"o\":[1]}\n{\"text\":\"c\",\"id\":null}\n")
        .with("in.tsv", "id\ttext\n7\ta, b\n")
        .with("in.txt", "one line\nand another\n");
    let first = |line: &str| {
        text(&bench.label(line).stdout).lines().map(|row| row.split("none").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(first("in.jsonl --output-format csv")[1..], ["7,\"a, \"\"b\"\"\",[1],", ",c,,"]);
    assert_eq!(first("in.jsonl --output-format tsv --columns text,id")[1..], ["\"a, \"\"b\"\"\"\t7\t", "c\t\t"]);
    assert_eq!(first("in.jsonl --columns id"), ["{\"id\":7,\"stance\":\"", "{\"id\":null,\"stance\":\""]);
    assert_eq!(first("in.tsv --output-format jsonl"), ["{\"id\":\"7\",\"text\":\"a, b\",\"stance\":\""]);
    assert_eq!(first("in.txt"), ["{\"text\":\"one line\",\"stance\":\"", "{\"text\":\"and another\",\"stance\":\""]);
    assert_eq!(first("in.txt --output-format csv")[1..], ["one line,", "and another,"]);
}

#[test]
fn a_pipe_is_a_filter() {
    let bench = Bench::new();
    let out = bench.filter("", b"{\"text\":\"a\"}\n{\"text\":\"b\"}");
    assert_eq!((code(&out), text(&out.stdout).lines().count()), (0, 2));
    let plain = bench.filter("", b"They welcomed it.\n");
    assert!(text(&plain.stdout).starts_with("{\"text\":\"They welcomed it.\","));
    assert!(text(&plain.stderr).contains("--input-format"));
}

#[test]
fn a_line_buffered_filter_answers_at_once() {
    use std::io::{BufRead, BufReader};
    let bench = Bench::new();
    let mut child = bench.command("--line-buffered -q").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for text in ["one", "two"] {
        writeln!(input, "{{\"text\":\"{text}\"}}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("{{\"text\":\"{text}\",\"stance\"")), "{answer}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn fields_of_the_same_name_are_not_lost_unasked() {
    let bench = Bench::new()
        .with("in.jsonl", "{\"stance\":\"old\",\"text\":\"a\",\"p_none\":1,\"z\":2}\n")
        .with("in.csv", "stance,text,z\nold,a,2\n");
    for input in ["in.jsonl", "in.csv"] {
        let refused = bench.label(input);
        assert_eq!(code(&refused), 2);
        assert!(text(&refused.stderr).contains("--replace"));
    }
    assert!(text(&bench.label("in.jsonl --replace").stdout).starts_with("{\"text\":\"a\",\"z\":2,\"stance\":\""));
    assert!(text(&bench.label("in.csv --replace").stdout).starts_with("text,z,stance,"));
}

#[test]
fn shards_join_to_the_whole() {
    let rows = corpus(400).replace("\"id\": 200,", "\"id\": oops,");
    let csv: String = "id,text\n".to_owned() + &(0..300).map(|i| format!("{i},\"line\n{i}, end\"\n")).collect::<String>();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(corpus(150).as_bytes()).unwrap();
    let bench = Bench::new().with("a.jsonl", &rows).with("b.jsonl.gz", packed.finish().unwrap()).with("c.csv", csv);
    for inputs in ["a.jsonl b.jsonl.gz a.jsonl", "c.csv"] {
        bench.label(&format!("{inputs} -o whole.jsonl --output-format csv --columns id,text --force --rejects whole.bad"));
        for n in [1, 3, 7] {
            let (mut joined, mut bad) = (Vec::new(), Vec::new());
            for part in 1..=n {
                let out = bench.label(&format!(
                    "{inputs} -o p --output-format csv --columns id,text --shard {part}/{n} --force --rejects p.bad"
                ));
                assert!(code(&out) < 2, "{}", text(&out.stderr));
                joined.extend(bench.bytes("p"));
                bad.extend(bench.bytes("p.bad"));
            }
            assert_eq!(text(&joined), bench.read("whole.jsonl"), "{inputs} in {n}");
            assert_eq!(text(&bad), bench.read("whole.bad"), "{inputs} in {n}");
            // Without rejects a part is read from where it begins.
            let parts = (1..=n).flat_map(|part| {
                bench.label(&format!("{inputs} --output-format csv --columns id,text --shard {part}/{n}")).stdout
            });
            assert_eq!(text(&parts.collect::<Vec<u8>>()), bench.read("whole.jsonl"), "{inputs} in {n} without rejects");
        }
    }
}

#[test]
fn an_existing_output_is_safe() {
    let bench = Bench::new().with("in.jsonl", corpus(3)).with("out.jsonl", "precious");
    let refused = bench.label("in.jsonl -o out.jsonl");
    assert_eq!((code(&refused), bench.read("out.jsonl")), (2, "precious".into()));
    assert!(text(&refused.stderr).contains("--force"));
    assert_eq!(code(&bench.label("in.jsonl -o in.jsonl --force")), 2);
    assert_eq!(bench.read("in.jsonl"), corpus(3));
    assert_eq!(code(&bench.label("in.jsonl -o out.jsonl --force")), 0);
    assert_eq!(bench.read("out.jsonl").lines().count(), 3);
    assert!(bench.read("out.jsonl.meta.json").contains("\"model\""));
    assert_eq!(code(&bench.label("in.jsonl -o out.jsonl --resume")), 0);
    let other = bench.label("in.jsonl -o out.jsonl --resume --columns id");
    assert_eq!(code(&other), 2, "another job's output must not pass for this one's");
}

#[test]
fn exit_codes_tell_how_it_went() {
    let bench = Bench::new().with("in.jsonl", corpus(10)).with("bad.jsonl", "x\ny\n").with("empty.jsonl", "");
    let folder = |name: &str| bench.path(name).exists();
    assert_eq!(code(&bench.label("missing.jsonl")), 2);
    assert_eq!(code(&bench.label("in.jsonl -o nowhere/out.jsonl")), 2);
    if Path::new("/dev/full").exists() {
        let full = bench.label("in.jsonl -o /dev/full");
        assert_eq!(code(&full), 2);
        assert!(text(&full.stderr).contains("/dev/full: ") && !text(&full.stderr).contains("--resume"), "{}", text(&full.stderr));
    }
    assert_eq!(code(&bench.label("in.jsonl --shard 3/2")), 2);
    assert_eq!(code(&bench.label("bad.jsonl -o bad.out.jsonl")), 2);
    assert!(!folder("bad.out.jsonl") && !folder("bad.out.jsonl.partial"));
    assert_eq!(code(&bench.label("empty.jsonl -o empty.out.jsonl")), 0);
    assert!(folder("empty.out.jsonl"));
    let partly = bench.label("in.jsonl missing.jsonl in.jsonl");
    assert_eq!((code(&partly), text(&partly.stdout).lines().count()), (1, 20));
    assert!(text(&partly.stderr).contains("missing.jsonl"));
}

#[test]
fn too_many_rejects_stop_the_run() {
    let rows = corpus(20) + "x\ny\n" + &corpus(20);
    let bench = Bench::new().with("in.jsonl", rows);
    assert_eq!(code(&bench.label("in.jsonl -o out.jsonl --max-rejects 2")), 1);
    assert!(bench.path("out.jsonl").exists());
    let stopped = bench.label("in.jsonl -o less.jsonl --max-rejects 1 --chunk-bytes 100");
    assert_eq!(code(&stopped), 1);
    assert!(text(&stopped.stderr).contains("--resume"));
    assert!(!bench.path("less.jsonl").exists());
    assert_eq!(code(&bench.label("in.jsonl -o less.jsonl --max-rejects 9 --resume --chunk-bytes 100")), 1);
    assert_eq!(bench.read("less.jsonl"), bench.read("out.jsonl"));
}

#[test]
fn a_full_disk_and_a_closed_pipe_are_told_apart() {
    let bench = Bench::new().with("in.jsonl", corpus(5000));
    let full = bench
        .command("in.jsonl --chunk-bytes 1000")
        .stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(code(&full), 2, "nothing was written");
    assert!(text(&full.stderr).contains("No space left"));
    let device = bench.label("in.jsonl -o /dev/full --output-format jsonl");
    assert!(text(&device.stderr).contains("No space left"));
    let mut child = bench.command("in.jsonl").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_file_cut_short_is_told() {
    let mut packed = zstd::bulk::compress(corpus(5000).as_bytes(), 1).unwrap();
    packed.truncate(packed.len() / 2);
    let bench = Bench::new().with("cut.jsonl.zst", packed).with("in.jsonl", corpus(5));
    let out = bench.label("cut.jsonl.zst in.jsonl --rejects bad");
    assert_eq!(code(&out), 1);
    assert!(text(&out.stderr).contains("cut.jsonl.zst"));
    assert!(text(&out.stdout).ends_with(&text(&bench.label("in.jsonl").stdout)));
}

#[test]
fn folders_and_patterns_are_searched() {
    let bench = Bench::new()
        .with("b.jsonl", "{\"text\":\"b\"}\n")
        .with("a.jsonl", "{\"text\":\"a\"}\n")
        .with("c.txt", "c\n")
        .with("d.bin", "d");
    let texts = |line: &str| -> Vec<String> {
        text(&bench.label(line).stdout).lines().map(|row| row.chars().nth(9).unwrap().to_string()).collect()
    };
    assert_eq!(texts("*.jsonl"), ["a", "b"]);
    assert_eq!(texts("."), ["a", "b", "c"]);
    assert_eq!(texts("b.jsonl a.jsonl"), ["b", "a"]);
    assert_eq!(code(&bench.label("*.zip")), 2);
}

#[test]
fn the_summary_counts() {
    let bench = Bench::new().with("in.jsonl", corpus(40) + "x\n");
    let out = bench.label("in.jsonl --summary s.json -o out.jsonl");
    assert!(text(&out.stderr).contains("rejected"));
    let summary: serde_json::Value = serde_json::from_str(&bench.read("s.json")).unwrap();
    assert_eq!(
        (summary["records"].as_u64(), summary["rows"].as_u64(), summary["rejected"].as_u64()),
        (Some(41), Some(40), Some(1))
    );
    let main: u64 = summary["main"].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(main, 40);
    for key in ["mean_confidence", "share_under_half", "share_unknown_words", "seconds", "model", "program"] {
        assert!(!summary[key].is_null(), "{key}");
    }
}

#[test]
fn articles_give_a_row_for_each_statement() {
    let article =
        "\"We welcome the truce,\" Foreign Minister Anna Berg said on Monday.\n\nShe urged both sides to return to the table.";
    let record = serde_json::json!({"id": "x1", "title": "Truce", "date": "2024-05-01", "desk": 7, "text": article});
    let bench = Bench::new().with("in.jsonl", format!("{record}\n"));
    let out = bench.label("--articles in.jsonl");
    assert_eq!(code(&out), 0, "{}", text(&out.stderr));
    for row in text(&out.stdout).lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        assert_eq!(
            (row["article"].as_str(), row["date"].as_str(), row["desk"].as_u64()),
            (Some("x1"), Some("2024-05-01"), Some(7))
        );
        let chars: Vec<char> = article.chars().collect();
        let spans: Vec<(usize, usize)> = serde_json::from_value(row["spans"].clone()).unwrap();
        let content: Vec<String> = spans.iter().map(|&(a, b)| chars[a..b].iter().collect()).collect();
        assert_eq!(row["text"].as_str(), Some(content.join(" ").as_str()));
    }
    let csv = text(&bench.label("--articles in.jsonl --output-format csv").stdout);
    assert!(csv.starts_with("article,title,date,desk,utterance,sentence,text,cue,holder_mention,holder,role,"), "{csv}");
    let n_rows = text(&out.stdout).lines().count();
    assert!(n_rows >= 2, "{}", text(&out.stdout));
    assert_eq!(csv.lines().count(), n_rows + 1);
    assert!(csv.lines().skip(1).all(|row| row.starts_with("x1,Truce,2024-05-01,7,")), "{csv}");
}

#[test]
fn a_plain_text_file_is_one_article() {
    let article =
        "The envoy left at noon.\n\n\"We welcome the truce,\" Foreign Minister Anna Berg said.\nShe urged both sides to talk.\n";
    let bench = Bench::new().with("a.txt", article).with("b.txt", article);
    let out = bench.label("--articles a.txt b.txt");
    assert_eq!(code(&out), 0, "{}", text(&out.stderr));
    let rows: Vec<serde_json::Value> = text(&out.stdout).lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let of = |name: &str| rows.iter().filter(|row| row["article"] == name).count();
    assert!(of("a.txt") >= 2 && of("a.txt") == of("b.txt") && rows.len() == 2 * of("a.txt"), "{}", text(&out.stdout));
    // The pronoun finds its person only where both lines are read as one article.
    assert!(rows.iter().any(|row| row["holder_mention"] == "She" && row["holder"] == "Anna Berg"), "{}", text(&out.stdout));
    let parts = [1, 2].map(|part| bench.label(&format!("--articles a.txt b.txt --shard {part}/2")).stdout);
    assert_eq!(parts.concat(), out.stdout);
    let short = bench.label("--articles a.txt --max-record 20 --rejects bad");
    assert_eq!(code(&short), 2);
    let reason = format!("the record has {} bytes; at most 20 are read (--max-record)", article.len());
    assert_eq!(bench.rejects("bad"), [(1, 0, reason)]);
}

#[test]
fn an_interruption_leaves_a_way_to_go_on() {
    let bench = Bench::new().with("in.jsonl", corpus(60_000));
    bench.label("in.jsonl -o whole.jsonl");
    let child = bench.command("in.jsonl -o out.jsonl --chunk-bytes 500 --threads 1").stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&bench.path("out.jsonl.partial"), 1000);
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let out = child.wait_with_output().unwrap();
    // A machine that is quick enough may have ended before the signal.
    if code(&out) != 0 {
        assert_eq!(code(&out), 130);
        assert!(text(&out.stderr).contains("--resume"), "{}", text(&out.stderr));
        assert!(!bench.path("out.jsonl").exists());
        assert_eq!(code(&bench.label("in.jsonl -o out.jsonl --resume")), 0);
    }
    assert!(bench.bytes("out.jsonl") == bench.bytes("whole.jsonl"));
}

/// Waits until `path` has `bytes` bytes.
fn wait_for(path: &Path, bytes: u64) {
    for _ in 0..10_000 {
        if fs::metadata(path).is_ok_and(|meta| meta.len() >= bytes) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_micros(500));
    }
}
