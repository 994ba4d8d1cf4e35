//! `demarche label` and `tally` on Parquet and Arrow IPC: types, rows, parts, hostile files.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "columnar")]

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Date32Array, DictionaryArray, Int16Array, Int32Array, LargeStringArray,
        TimestampMicrosecondArray,
    },
    compute::concat_batches,
    datatypes::{DataType, Int32Type, TimeUnit},
    ipc::{reader::FileReader, writer::FileWriter},
    record_batch::RecordBatch,
};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    file::properties::WriterProperties,
};

const ROWS: i32 = 2500;
/// A row without text.
const MISSING: i32 = 1207;

fn batch() -> RecordBatch {
    let days = Date32Array::from_iter_values((0..ROWS).map(|i| 19_000 + i));
    let times = TimestampMicrosecondArray::from_iter_values((0..i64::from(ROWS)).map(|i| i * 1_000_003)).with_timezone("UTC");
    let desks: DictionaryArray<Int32Type> = (0..ROWS).map(|i| ["north", "south"][i as usize % 2]).collect();
    let texts: LargeStringArray =
        (0..ROWS).map(|i| (i != MISSING).then(|| format!("Envoy {i} welcomed the \"truce\", but urged talks"))).collect();
    let columns: [(&str, ArrayRef); 6] = [
        ("id", Arc::new(Int32Array::from_iter_values(0..ROWS))),
        ("small", Arc::new((0..ROWS).map(|i| (i % 3 > 0).then_some(i as i16)).collect::<Int16Array>())),
        ("day", Arc::new(days)),
        ("time", Arc::new(times)),
        ("desk", Arc::new(desks)),
        ("text", Arc::new(texts)),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn write_parquet(path: &Path, batch: &RecordBatch, rows_in_group: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_in_group)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn write_arrow(path: &Path, batch: &RecordBatch) {
    let mut writer = FileWriter::try_new(File::create(path).unwrap(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

fn read(path: &Path) -> RecordBatch {
    let batches: Vec<RecordBatch> = if path.extension().is_some_and(|e| e == "arrow") {
        FileReader::try_new(File::open(path).unwrap(), None).unwrap().map(Result::unwrap).collect()
    } else {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        builder.build().unwrap().map(Result::unwrap).collect()
    };
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

fn demarche(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demarche")).args(line.split_whitespace()).current_dir(folder).output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn types_and_rows_stay_through_parquet_and_arrow() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("in.parquet"), &batch(), 700);
    write_arrow(&at("in.arrow"), &batch());
    for (input, output) in [("in.parquet", "p.parquet"), ("in.arrow", "a.parquet"), ("in.parquet", "p.arrow")] {
        let out = demarche(folder.path(), &format!("label {input} -o {output} --rejects {output}.bad"));
        assert_eq!(code(&out), Some(1), "{}", message(&out));
        let (found, given) = (read(&at(output)), batch());
        assert_eq!(found.num_rows(), ROWS as usize - 1);
        let schema = found.schema();
        let kind = |name: &str| schema.field_with_name(name).unwrap().data_type().clone();
        assert_eq!(kind("small"), DataType::Int16);
        assert_eq!(kind("time"), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        assert_eq!(kind("text"), DataType::LargeUtf8);
        assert_eq!(kind("p_none"), DataType::Float64);
        let before = given.slice(0, MISSING as usize);
        for name in ["id", "small", "day", "time", "text"] {
            let ours = found.column_by_name(name).unwrap().slice(0, before.num_rows());
            assert_eq!(&ours, before.column_by_name(name).unwrap(), "{output}: {name}");
        }
        let ids = found.column_by_name("id").unwrap().as_primitive::<arrow::datatypes::Int32Type>().values().to_vec();
        assert_eq!(ids, (0..ROWS).filter(|&id| id != MISSING).collect::<Vec<_>>());
        let bad = fs::read_to_string(at(&format!("{output}.bad"))).unwrap();
        assert!(bad.contains("\"row\":1208,") && bad.contains("\\\"id\\\":1207"), "{bad}");
    }
}

#[test]
fn columnar_and_lines_agree() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("in.parquet"), &batch(), 1000);
    assert_eq!(code(&demarche(folder.path(), "label in.parquet -o direct.parquet")), Some(1));
    assert_eq!(code(&demarche(folder.path(), "label in.parquet -o lines.jsonl")), Some(1));
    assert_eq!(code(&demarche(folder.path(), "label in.parquet --columns text -o lines.csv")), Some(1));
    let direct = read(&at("direct.parquet"));
    let stances = direct.column_by_name("stance").unwrap().as_string::<i32>().clone();
    let lines = fs::read_to_string(at("lines.jsonl")).unwrap();
    let of_lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(of_lines.len(), stances.len());
    assert!(of_lines.iter().zip(stances.iter()).all(|(row, stance)| row["stance"].as_str() == stance));
    assert_eq!(of_lines[0]["day"], "2022-01-08");
    assert_eq!(fs::read_to_string(at("lines.csv")).unwrap().lines().count(), of_lines.len() + 1);
}

#[test]
fn json_lines_get_types_and_misfits_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut rows: String =
        (0..40_000).map(|i| format!("{{\"id\":{i},\"text\":\"They met {i} times in the capital\",\"x\":[{i}.5]}}\n")).collect();
    rows += "{\"id\":\"no number\",\"text\":\"a\",\"x\":[1]}\n{\"text\":\"b\"}\n{\"id\":1,\"text\":\"c\",\"new\":2}\n";
    fs::write(at("in.jsonl"), rows).unwrap();
    let out = demarche(folder.path(), "label in.jsonl -o out.parquet --rejects bad --threads 3");
    assert_eq!(code(&out), Some(1), "{}", message(&out));
    let found = read(&at("out.parquet"));
    assert_eq!(found.num_rows(), 40_001);
    assert_eq!(found.schema().field(0).data_type(), &DataType::Int64);
    assert!(found.column(0).is_null(40_000));
    let bad = fs::read_to_string(at("bad")).unwrap();
    let lines: Vec<u64> =
        bad.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [40_001, 40_003]);
    demarche(folder.path(), "label in.jsonl -o again.parquet --rejects bad --force --threads 1");
    assert!(fs::read(at("out.parquet")).unwrap() == fs::read(at("again.parquet")).unwrap(), "threads must not show");
}

#[test]
fn shards_have_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("in.parquet"), &batch(), 600);
    demarche(folder.path(), "label in.parquet -o whole.parquet");
    let parts: Vec<RecordBatch> = (1..=3)
        .map(|part| {
            demarche(folder.path(), &format!("label in.parquet -o {part}.parquet --shard {part}/3"));
            read(&at(&format!("{part}.parquet")))
        })
        .collect();
    assert_eq!(concat_batches(&parts[0].schema(), &parts).unwrap().columns(), read(&at("whole.parquet")).columns());
}

#[test]
fn a_killed_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rows: String = (0..150_000).map(|i| format!("{{\"id\":{i},\"text\":\"They met {i} times in the capital\"}}\n")).collect();
    fs::write(at("in.jsonl"), rows).unwrap();
    demarche(folder.path(), "label in.jsonl -o whole.parquet");
    for patience in [10, 30, 60, 100, 150, 250] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
            .args(["label", "in.jsonl", "-o", "out.parquet", "--resume", "--checkpoint-ms", "1", "-q"])
            .current_dir(folder.path())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(patience));
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert_eq!(code(&demarche(folder.path(), "label in.jsonl -o out.parquet --resume")), Some(0));
    assert!(fs::read(at("out.parquet")).unwrap() == fs::read(at("whole.parquet")).unwrap());
    assert!(!at("out.parquet.partial").exists() && !at("out.parquet.checkpoint").exists());
}

#[test]
fn damaged_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("good.parquet"), &batch(), 600);
    write_arrow(&at("good.arrow"), &batch());
    for name in ["good.parquet", "good.arrow"] {
        let good = fs::read(at(name)).unwrap();
        for cut in [0, 3, good.len() / 2, good.len() - 1] {
            let bad = format!("bad.{}", name.rsplit('.').next().unwrap());
            fs::write(at(&bad), &good[..cut]).unwrap();
            let out = demarche(folder.path(), &format!("label {bad} -o out.jsonl --force"));
            assert!(matches!(code(&out), Some(1 | 2)), "{name} cut at {cut}: {}", message(&out));
            assert!(!message(&out).contains("panicked"), "{}", message(&out));
        }
    }
}

#[test]
fn labelled_tables_are_tallied() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("in.parquet"), &batch(), 600);
    demarche(folder.path(), "label in.parquet -o out.parquet");
    let out = demarche(folder.path(), "tally out.parquet --by desk,year --date-field day --format csv --raw --svg chart.svg");
    assert_eq!(code(&out), Some(0), "{}", message(&out));
    let table = String::from_utf8(out.stdout).unwrap();
    assert!(table.starts_with("desk,year,label,count,rows,share,low,high\nnorth,2022,"), "{table}");
    let counts: u64 = table.lines().skip(1).map(|line| line.split(',').nth(3).unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(counts, ROWS as u64 - 1);
    let chart = fs::read_to_string(at("chart.svg")).unwrap();
    assert!(chart.starts_with("<svg") && chart.contains(">2022</text>") && chart.matches("<polyline").count() == 4);
}
