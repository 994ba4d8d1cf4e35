//! Runs that are killed at any moment, and gone on with, give the bytes of a run that nobody disturbed.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Moments at which a run is killed.
const KILLS: usize = 50;

/// SplitMix64 (Steele, Lea and Flood 2014): seeded, so that a failure can be looked at again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn write_inputs(folder: &Path) {
    let row = |i: usize| match i % 97 {
        13 => format!("{{\"id\":{i},\"text\":broken}}\n"),
        _ => format!("{{\"id\":{i},\"text\":\"The envoy of district {i} urged both sides to return to the table\"}}\n"),
    };
    let rows = |range: std::ops::Range<usize>| range.map(row).collect::<String>();
    fs::write(folder.join("a.jsonl"), rows(0..4000)).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(rows(4000..6000).as_bytes()).unwrap();
    fs::write(folder.join("b.jsonl.gz"), packed.finish().unwrap()).unwrap();
    let csv: String = (6000..8000).map(|i| format!("{i},\"The minister, on day {i},\nwelcomed the truce\"\n")).collect();
    fs::write(folder.join("c.csv"), format!("id,text\n{csv}")).unwrap();
}

fn label(folder: &Path, out: &str, threads: u64) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demarche"));
    command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped());
    command.args(["label", "a.jsonl", "b.jsonl.gz", "c.csv", "--columns", "id,text", "-q", "-o", out]);
    command.args(["--rejects", &format!("{out}.rejects"), "--threads", &threads.to_string()]);
    command
}

/// Kills and resumes until the run ends by itself; returns the number of kills.
fn killed_until_done(folder: &Path, out: &str, random: &mut Random, longest: Duration) -> usize {
    let mut kills = 0;
    loop {
        let threads = 1 + random.below(4);
        let mut command = label(folder, out, threads);
        command.args(["--resume", "--checkpoint-ms", "1", "--chunk-bytes", &(200 + random.below(3000)).to_string()]);
        let mut child = command.spawn().unwrap();
        let patience = Duration::from_micros(random.below(u64::try_from(longest.as_micros()).unwrap()));
        let started = Instant::now();
        while started.elapsed() < patience && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(matches!(status.code(), Some(0 | 1)), "{status}: {}", message(child));
            return kills;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
}

fn message(child: std::process::Child) -> String {
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned()
}

#[test]
fn kills_at_random_moments_lose_and_repeat_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_inputs(folder);
    let outputs = ["out.jsonl", "out.csv.gz", "out.jsonl.zst", "out.csv"];
    for out in outputs {
        let status = label(folder, &format!("whole-{out}"), 1).status().unwrap();
        assert_eq!(status.code(), Some(1), "the inputs hold rejects");
    }
    let mut random = Random(20_261_123);
    let (mut kills, mut round) = (0, 0);
    // Short at first, so that most runs meet their end early; longer if a machine is slow.
    let mut longest = Duration::from_millis(60);
    while kills < KILLS {
        let out = outputs[round % outputs.len()];
        let mine = format!("{round}-{out}");
        kills += killed_until_done(folder, &mine, &mut random, longest);
        for suffix in ["", ".rejects"] {
            let (ours, theirs) =
                (fs::read(folder.join(format!("{mine}{suffix}"))), fs::read(folder.join(format!("whole-{out}{suffix}"))));
            assert!(ours.unwrap() == theirs.unwrap(), "{mine}{suffix} differs after {kills} kills");
        }
        for left in [".partial", ".checkpoint", ".rejects.partial"] {
            assert!(!folder.join(format!("{mine}{left}")).exists(), "{left} is left over");
        }
        round += 1;
        longest = longest.mul_f64(if round % 8 == 0 { 1.3 } else { 1.0 });
    }
}
