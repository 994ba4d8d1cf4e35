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
        Array, ArrayRef, AsArray, Date32Array, DictionaryArray, Int16Array, Int32Array, LargeStringArray, StringViewArray,
        TimestampMicrosecondArray,
    },
    compute::concat_batches,
    datatypes::{DataType, Float64Type, Int32Type, TimeUnit},
    ipc::{reader::FileReader, writer::FileWriter},
    record_batch::RecordBatch,
};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel},
    column::writer::ColumnCloseResult,
    file::{
        metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaDataReader},
        properties::WriterProperties,
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
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
    demarche(folder.path(), "label in.jsonl -o in.parquet");
    for input in ["in.jsonl", "in.parquet"] {
        demarche(folder.path(), &format!("label {input} -o whole.parquet --replace --force"));
        // The first run may end before it takes an older output away.
        let _ = fs::remove_file(at("out.parquet"));
        for (turn, patience) in [10, 30, 60, 100, 150, 250].into_iter().enumerate() {
            let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
                .args(["label", input, "-o", "out.parquet", "--replace", "--checkpoint-ms", "1", "-q"])
                .arg(if turn == 0 { "--force" } else { "--resume" })
                .current_dir(folder.path())
                .spawn()
                .unwrap();
            std::thread::sleep(std::time::Duration::from_millis(patience));
            let _ = child.kill();
            child.wait().unwrap();
        }
        let last = demarche(folder.path(), &format!("label {input} -o out.parquet --replace --resume --threads 2"));
        assert_eq!(code(&last), Some(0), "{}", message(&last));
        assert!(fs::read(at("out.parquet")).unwrap() == fs::read(at("whole.parquet")).unwrap(), "{input}");
        assert!(!at("out.parquet.partial").exists() && !at("out.parquet.checkpoint").exists());
    }
}

#[test]
fn a_finished_table_is_only_taken_for_its_own_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("in.parquet"), &batch().slice(0, 50), 50);
    write_arrow(&at("in.arrow"), &batch().slice(0, 50));
    for output in ["out.parquet", "out.arrow"] {
        assert_eq!(code(&demarche(folder.path(), &format!("label in.parquet -o {output}"))), Some(0));
        assert_eq!(code(&demarche(folder.path(), &format!("label in.parquet -o {output} --resume"))), Some(0));
        let other = demarche(folder.path(), &format!("label in.arrow -o {output} --resume"));
        assert_eq!(code(&other), Some(2), "{}", message(&other));
        assert!(message(&other).contains("is whole, but was made with other inputs"), "{}", message(&other));
    }
}

/// The stored bytes of the columns `names` in row group 0.
fn stored(path: &Path, names: &[&str]) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&File::open(path).unwrap()).unwrap();
    let chunks = metadata.row_group(0).columns().iter();
    let chunks = chunks.filter(|chunk| names.contains(&chunk.column_path().string().as_str()));
    chunks.map(|chunk| chunk.byte_range()).map(|(at, n)| bytes[at as usize..(at + n) as usize].to_vec()).collect()
}

#[test]
fn untouched_columns_are_copied_as_they_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(7).unwrap()))
        .set_max_row_group_row_count(Some(1100))
        .build();
    for name in ["a.parquet", "b.parquet"] {
        let mut writer =
            ArrowWriter::try_new(File::create(at(name)).unwrap(), batch().schema(), Some(properties.clone())).unwrap();
        writer.write(&batch()).unwrap();
        writer.append_key_value_metadata(KeyValue::new("source".to_owned(), "the archive".to_owned()));
        writer.close().unwrap();
    }
    let line = "label a.parquet b.parquet --columns text,id,desk --rejects bad --force";
    for threads in [1, 3] {
        let out = demarche(folder.path(), &format!("{line} -o {threads}.parquet --threads {threads}"));
        assert_eq!(code(&out), Some(1), "{}", message(&out));
    }
    assert!(fs::read(at("1.parquet")).unwrap() == fs::read(at("3.parquet")).unwrap(), "threads must not show");
    let copied = ["id", "desk", "text"];
    let mut ours = stored(&at("1.parquet"), &copied);
    ours.rotate_left(1);
    assert!(ours == stored(&at("a.parquet"), &copied), "row group 0 has no reject");
    let out = ParquetRecordBatchReaderBuilder::try_new(File::open(at("1.parquet")).unwrap()).unwrap();
    let rows: Vec<i64> = out.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [1100, 1099, 300, 1100, 1099, 300]);
    let entries = out.metadata().file_metadata().key_value_metadata().unwrap();
    let entry = |key: &str| entries.iter().filter(|entry| entry.key == key).count();
    assert_eq!((entry("source"), entry("demarche.meta"), entry("ARROW:schema")), (1, 1, 1));
    let found = read(&at("1.parquet"));
    let names: Vec<String> = found.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names[..5], ["text", "id", "desk", "stance", "stances"]);
    let ids = found.column(1).as_primitive::<Int32Type>().values().to_vec();
    let kept = (0..ROWS).filter(|&id| id != MISSING);
    assert_eq!(ids, kept.clone().chain(kept).collect::<Vec<_>>());
    // The labels are those that go with the texts.
    demarche(folder.path(), "label 1.parquet -o again.jsonl --replace");
    demarche(folder.path(), "label a.parquet b.parquet --columns text,id,desk -o first.jsonl");
    let labels = |name: &str| -> Vec<String> {
        let lines = fs::read_to_string(at(name)).unwrap();
        let rows = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        rows.map(|row| format!("{} {} {} {}", row["id"], row["stance"], row["stances"], row["p_concern"])).collect()
    };
    let table = found.column_by_name("p_concern").unwrap().as_primitive::<Float64Type>().values().to_vec();
    let lists = found.column_by_name("stances").unwrap().as_list::<i32>().clone();
    let stances = found.column_by_name("stance").unwrap().as_string::<i32>().clone();
    let ours = (0..found.num_rows()).map(|row| {
        let list = lists.value(row);
        let list: Vec<&str> = list.as_string::<i32>().iter().flatten().collect();
        let list = serde_json::to_string(&list).unwrap();
        format!("{} \"{}\" {list} {}", ids[row], stances.value(row), serde_json::json!(table[row]))
    });
    assert_eq!(ours.collect::<Vec<_>>(), labels("first.jsonl"));
    assert_eq!(labels("again.jsonl"), labels("first.jsonl"));
}

#[test]
fn packed_pages_are_read_and_stay_packed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::LZ4_RAW,
        Compression::BROTLI(BrotliLevel::default()),
    ] {
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut writer =
            ArrowWriter::try_new(File::create(at("in.parquet")).unwrap(), batch().schema(), Some(properties)).unwrap();
        writer.write(&batch().slice(0, 50)).unwrap();
        writer.close().unwrap();
        let out = demarche(folder.path(), "label in.parquet -o out.parquet --force");
        assert_eq!(code(&out), Some(0), "{compression}: {}", message(&out));
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&File::open(at("out.parquet")).unwrap()).unwrap();
        let codecs: Vec<Compression> = metadata.row_group(0).columns().iter().map(|chunk| chunk.compression()).collect();
        assert_eq!(codecs, vec![compression; codecs.len()]);
        assert_eq!(read(&at("out.parquet")).num_rows(), 50);
    }
}

/// A number as Thrift's compact protocol stores it: zigzag, seven bits a byte.
fn number(n: i64) -> Vec<u8> {
    let mut left = (n << 1) ^ (n >> 63);
    let mut bytes = Vec::new();
    while left >= 0x80 {
        bytes.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes
}

/// A page of `content` that claims to unpack to `unpacked` bytes and `values` values in `encoding`; a dictionary if `kind` is 2.
fn page(kind: i64, unpacked: i64, values: i64, encoding: i64, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in [kind, unpacked, content.len() as i64] {
        out.push(0x15);
        out.extend(number(field));
    }
    out.push(if kind == 2 { 0x4c } else { 0x2c });
    let fields = [values, encoding, 3, 3];
    for field in &fields[..if kind == 2 { 2 } else { 4 }] {
        out.push(0x15);
        out.extend(number(*field));
    }
    out.extend([0, 0]);
    out.extend_from_slice(content);
    out
}

/// A Parquet file of one column `text`, required, of `rows` rows in `pages`.
fn table_of(pages: &[u8], compression: Compression, rows: u64) -> Vec<u8> {
    let schema = parse_message_type("message schema { required binary text (UTF8); }").unwrap();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema.into(), WriterProperties::new().into()).unwrap();
    let column = writer.schema_descr().column(0);
    let metadata = ColumnChunkMetaData::builder(column)
        .set_compression(compression)
        .set_total_compressed_size(pages.len() as i64)
        .set_total_uncompressed_size(pages.len() as i64)
        .set_num_values(rows as i64)
        .set_data_page_offset(0)
        .build()
        .unwrap();
    let mut group = writer.next_row_group().unwrap();
    let close = ColumnCloseResult {
        bytes_written: pages.len() as u64,
        rows_written: rows,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    group.append_column(&bytes::Bytes::copy_from_slice(pages), close).unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn what_pages_claim_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let plain = b"\x05\0\0\0peace";
    let (none, snappy) = (Compression::UNCOMPRESSED, Compression::SNAPPY);
    let many = i64::from(i32::MAX);
    let gzip = Compression::GZIP(GzipLevel::default());
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut bomb, &vec![0; 9 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let deltas = [&[0x80, 1, 4][..], &[0xff, 0xff, 0xff, 0xff, 0x3f], &[10]].concat();
    let dictionary = [page(2, 9, many, 0, plain), page(0, 2, 1, 8, &[0, 0])].concat();
    let cases = [
        ("honest", none, page(0, 9, 1, 0, plain), ""),
        ("unpacked", snappy, page(0, many, 1, 0, plain), "a page of 9 bytes claims to unpack to 2147483647"),
        ("negative", snappy, page(0, -1, 1, 0, plain), "a page has a negative length"),
        ("values", none, page(0, 9, many, 0, plain), "a page of 9 bytes claims 2147483647 values"),
        ("rows", none, page(0, 9, 2, 0, plain), "its pages hold 2 values, its row group 1 rows"),
        ("dictionary", none, dictionary, "a page of 9 bytes claims 2147483647 values"),
        ("deltas", none, page(0, 9, 1, 6, &deltas), "a page of differences claims more values than it has"),
        ("bomb", gzip, page(0, 9, 1, 0, &bomb), "a page unpacks to more than the 9 bytes that it claims"),
        ("no header", none, vec![0x1c; 30], "a page has no header"),
    ];
    for (name, compression, pages, reason) in cases {
        fs::write(at("in.parquet"), table_of(&pages, compression, 1)).unwrap();
        for output in ["out.jsonl", "out.parquet"] {
            let out = demarche(folder.path(), &format!("label in.parquet -o {output} --force"));
            let expected = if reason.is_empty() { Some(0) } else { Some(2) };
            assert_eq!(code(&out), expected, "{name}: {}", message(&out));
            assert!(message(&out).contains(reason) && !message(&out).contains("panicked"), "{name}: {}", message(&out));
            assert!(reason.is_empty() || message(&out).contains("in.parquet"), "{name}: {}", message(&out));
        }
    }
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

#[test]
fn views_of_one_large_batch_are_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // 20 MB in one batch: read in slices. The first 20,000 rows alone: at once, but for their views.
    let texts = StringViewArray::from_iter_values(
        (0..100_000).map(|i| format!("Envoy {i} welcomed the truce {}", "again and again ".repeat(i % 20))),
    );
    let all = RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef)]).unwrap();
    for rows in [20_000, 100_000] {
        write_arrow(&at("in.arrow"), &all.slice(0, rows));
        for threads in [1, 4] {
            let out = demarche(folder.path(), &format!("label in.arrow -o {threads}.arrow --force --threads {threads}"));
            assert_eq!(code(&out), Some(0), "{}", message(&out));
        }
        assert_eq!(fs::read(at("1.arrow")).unwrap(), fs::read(at("4.arrow")).unwrap());
        let texts = read(&at("1.arrow")).column_by_name("text").unwrap().clone();
        assert_eq!(&texts, all.slice(0, rows).column(0));
        // 200 bytes of text a row, and less than 100 of labels.
        let length = fs::metadata(at("1.arrow")).unwrap().len();
        assert!(length < rows as u64 * 300, "{length}");
    }
}
