//! Reports for people and programs: text, JSON, CSV, Markdown, HTML.
