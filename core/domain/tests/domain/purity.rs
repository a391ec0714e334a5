//! Invariant 1: the domain is pure. Its direct dependencies are an exact list, and its clippy file bans, besides
//! what the workspace bans, clocks, ids made here, the environment, files and hash order.
#![expect(clippy::disallowed_methods, reason = "a test reads the files it compares")]

use std::fs::read_to_string;
use std::path::Path;

fn file(name: &str) -> String {
    read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// The lines of a section of a TOML file, without comments and blanks.
fn section<'a>(text: &'a str, header: &str) -> Vec<&'a str> {
    let lines = text.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    let body = lines.take_while(|line| !line.starts_with(['[', ']']));
    body.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn the_direct_dependencies_are_exactly_these() {
    let manifest = file("Cargo.toml");
    let names: Vec<_> = section(&manifest, "[dependencies]")
        .iter()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .collect();
    assert_eq!(
        names,
        ["rust_decimal", "serde", "serde_json", "sha2", "thiserror", "time", "uuid", "zeroize"]
    );
    assert!(!manifest.contains("build-dependencies") && !manifest.contains("[target"));
}

#[test]
fn the_clippy_file_repeats_the_workspace_s_and_adds_clocks_ids_environment_files_and_hash_order() {
    let (workspace, own) = (file("../../.clippy.toml"), file(".clippy.toml"));
    let methods = "disallowed-methods = [";
    let (theirs, ours) = (section(&workspace, methods), section(&own, methods));
    assert!(theirs.len() >= 5, "the workspace's list was not found");
    for line in &theirs {
        assert!(ours.contains(line), "not repeated: {line}");
    }
    for setting in workspace.lines().filter(|line| line.starts_with("allow-")) {
        assert!(own.lines().any(|line| line == setting), "not repeated: {setting}");
    }
    let banned = |path: &str| own.contains(&format!("path = \"{path}\""));
    for path in [
        "std::time::SystemTime::now",
        "std::time::Instant::now",
        "time::OffsetDateTime::now_utc",
        "uuid::Uuid::new_v4",
        "uuid::Uuid::now_v7",
        "std::env::var",
        "std::fs::read",
        "std::fs::File",
        "std::collections::HashMap",
        "std::collections::HashSet",
    ] {
        assert!(banned(path), "not banned: {path}");
    }
}

#[test]
fn no_source_file_reaches_around_the_bans() {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                walk(&entry, found);
                continue;
            }
            let text = read_to_string(&entry).expect("a source file");
            let reaches = |word: &&str| text.contains(*word);
            let words = [
                "std::fs",
                "std::net",
                "std::env",
                "std::time",
                "async fn",
                "unsafe ",
                "static mut",
                "f64",
                "f32",
            ];
            found.extend(
                words.iter().filter(|w| reaches(w)).map(|word| format!("{}: {word}", entry.display())),
            );
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.is_empty(), "{found:#?}");
}
