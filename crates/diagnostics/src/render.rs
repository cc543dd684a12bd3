//! Rendering with annotate-snippets.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::{Kind, Report};

/// Renders `report`; `source` is the text of the file it points into, if it could be read.
pub(crate) fn render(report: &Report, source: Option<&str>) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(&report.message));
    if let Some(span) = &report.span {
        let range = source.and_then(|text| token_range(text, span.line, span.column));
        match (source, range) {
            (Some(text), Some(range)) => {
                let annotation = AnnotationKind::Primary.span(range);
                let annotation =
                    if report.label.is_empty() { annotation } else { annotation.label(report.label.as_str()) };
                group = group.element(Snippet::source(text).path(&span.file).annotation(annotation));
            }
            (None, _) | (_, None) => {
                let mut origin = Origin::path(&span.file).line(span.line as usize);
                if span.column > 0 {
                    origin = origin.char_column(span.column as usize);
                }
                group = group.element(origin);
                if !report.label.is_empty() {
                    group = group.element(Level::NOTE.message(report.label.as_str()));
                }
            }
        }
    }
    for note in &report.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &report.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if report.kind == Kind::Bug {
        group =
            group.element(Level::NOTE.message("this is a bug in Tenfold; please report it with the kernel's source"));
    }
    Renderer::plain().render(&[group]).to_string()
}

/// Byte range of the token at `line`:`column` (from 1, column in bytes): the identifier that starts there, else one
/// character, else (column 0) the line without its indentation. `None` if the text has no such place.
fn token_range(text: &str, line: u32, column: u32) -> Option<std::ops::Range<usize>> {
    let index = line.checked_sub(1)? as usize;
    let start: usize = text.split_inclusive('\n').take(index).map(str::len).sum();
    let content = text.split_inclusive('\n').nth(index)?.trim_end();
    let Some(offset) = (column as usize).checked_sub(1) else {
        let indent = content.len() - content.trim_start().len();
        return Some(start + indent..start + content.len());
    };
    let rest = content.get(offset..)?;
    let word: usize = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    let width = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
    Some(start + offset..start + offset + width)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn kernel() {\n    let x = view.load(row);\n}\n";

    fn report() -> Report {
        Report::new(Kind::Invalid, "the view has 4 rows, not 5")
            .at("kernel.rs", 2, 18)
            .label("loaded here")
            .note("rows are counted from 0")
            .help("load a block with padding")
    }

    #[test]
    fn points_at_the_token() {
        let text = render(&report(), Some(SOURCE));
        let expected = "\
error: the view has 4 rows, not 5
 --> kernel.rs:2:18
  |
2 |     let x = view.load(row);
  |                  ^^^^ loaded here
  |
  = note: rows are counted from 0
  = help: load a block with padding";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_place_outside_the_file_still_renders() {
        for (line, column) in [(0, 0), (2, 400), (99, 1), (u32::MAX, u32::MAX)] {
            let mut report = report();
            report.span = Some(crate::Span { file: "kernel.rs".into(), line, column });
            let text = render(&report, Some(SOURCE));
            assert!(text.contains("kernel.rs"), "{text}");
            assert_eq!(text.matches("error:").count(), 1, "{text}");
        }
    }

    #[test]
    fn without_source_names_the_place() {
        let text = render(&report(), None);
        assert!(text.contains("--> kernel.rs:2:18"), "{text}");
        assert!(text.contains("loaded here"), "{text}");
    }

    #[test]
    fn a_bug_says_so() {
        assert!(render(&Report::new(Kind::Bug, "x"), None).contains("a bug in Tenfold"));
    }
}
