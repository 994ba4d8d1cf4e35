//! Records in and out: labelled statements and corpora; errors carry file and line.
