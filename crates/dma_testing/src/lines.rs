//! The map from lines of a text to the user's.

use emit::Source;

/// Checks that each line which the map names stands behind a comment that names the same line of the user's; `comment` starts comments.
///
/// # Panics
/// If one does not, or the map is empty.
pub fn lines_follow_comments(source: &Source, comment: &str) {
    let lines: Vec<&str> = source.text.lines().collect();
    assert!(!source.kernel.lines.is_empty(), "{}", source.kernel.name);
    for origin in &source.kernel.lines {
        let before = lines[origin.emitted as usize - 2].trim_start();
        assert_eq!(before, format!("{comment} {}:{}", origin.file, origin.line));
    }
}
