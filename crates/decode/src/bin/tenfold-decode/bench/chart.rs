//! The chart: one bar of tokens per second for each context, with its spread and the read ceiling above it.

use svg::Document;
use svg::node::element::{Line, Rectangle, Text, Title};

use super::record::Record;

const BAR: f64 = 56.0;
const GAP: f64 = 44.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 70.0;
const HEIGHT: f64 = 260.0;
const BOTTOM: f64 = 60.0;

/// One bar, in tokens per second.
struct Bar {
    label: String,
    value: f64,
    /// At the 90th and at the 10th percentile of the time.
    spread: (f64, f64),
    ceiling: Option<f64>,
    note: Option<String>,
}

/// The chart of a benchmark.
pub(super) fn draw(record: &Record<'_>) -> String {
    let bars: Vec<Bar> = record
        .results
        .iter()
        .map(|row| Bar {
            label: row.bench.context.to_string(),
            value: row.bench.tok_s_of_median,
            spread: (1e3 / row.bench.ms_per_token.p90, 1e3 / row.bench.ms_per_token.p10),
            ceiling: row.tok_s_at_ceiling,
            note: row.share_of_ceiling.map(|share| format!("{:.0}%", share * 100.0)),
        })
        .collect();
    let device = ["gpu", "processor"].iter().find_map(|name| record.facts.get(name)).copied();
    let title = format!("{} on {}", record.model, device.unwrap_or(record.device));
    let ceiling = record
        .read_ceiling
        .as_ref()
        .map(|ceiling| format!("dashes and %: the read ceiling of the same run, {:.0} GB/s", ceiling.gb_per_s));
    bar_chart(&title, ceiling.as_deref(), &bars)
}

fn bar_chart(title: &str, legend: Option<&str>, bars: &[Bar]) -> String {
    let largest = bars.iter().flat_map(|bar| [Some(bar.spread.1), Some(bar.value), bar.ceiling]).flatten();
    let top = round_up(largest.filter(|value| value.is_finite()).fold(0.0, f64::max));
    let width = LEFT + (bars.len() as f64 * (BAR + GAP)).max(420.0) + GAP;
    let y = |value: f64| TOP + HEIGHT * (1.0 - (value / top).clamp(0.0, 1.0));
    let mut document = Document::new()
        .set("viewBox", format!("0 0 {width} {}", TOP + HEIGHT + BOTTOM))
        .set("font-family", "sans-serif")
        .set("font-size", 12)
        .add(Title::new(title))
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"))
        .add(text(title, LEFT, 24.0, "start").set("font-size", 15))
        .add(text("tokens per second at batch 1, median; thin line: p10 to p90", LEFT, 42.0, "start"));
    if let Some(legend) = legend {
        document = document.add(text(legend, LEFT, 58.0, "start"));
    }
    for step in 0..=4 {
        let value = top * f64::from(step) / 4.0;
        let rule = line((LEFT, y(value)), (width - GAP / 2.0, y(value)), "#dddddd");
        document = document.add(rule).add(text(&short(value), LEFT - 6.0, y(value) + 4.0, "end"));
    }
    for (index, bar) in bars.iter().enumerate() {
        let x = LEFT + GAP / 2.0 + index as f64 * (BAR + GAP);
        let middle = x + BAR / 2.0;
        let body = Rectangle::new()
            .set("x", x)
            .set("y", round(y(bar.value)))
            .set("width", BAR)
            .set("height", round(TOP + HEIGHT - y(bar.value)))
            .set("fill", "#4878a8");
        document = document.add(body).add(line((middle, y(bar.spread.0)), (middle, y(bar.spread.1)), "#202020"));
        if let Some(ceiling) = bar.ceiling {
            let dashes = line((x - 8.0, y(ceiling)), (x + BAR + 8.0, y(ceiling)), "#b03030");
            document = document.add(dashes.set("stroke-dasharray", "5 3"));
        }
        let base = TOP + HEIGHT;
        document = document.add(text(&short(bar.value), middle, base - 8.0, "middle").set("fill", "white"));
        if let Some(note) = &bar.note {
            document = document.add(text(note, middle, base - 24.0, "middle").set("fill", "white"));
        }
        document = document.add(text(&bar.label, middle, base + 18.0, "middle"));
    }
    document = document.add(text("tokens in the context", LEFT, TOP + HEIGHT + 42.0, "start"));
    format!("{document}\n")
}

fn text(content: &str, x: f64, y: f64, anchor: &str) -> Text {
    Text::new(content).set("x", round(x)).set("y", round(y)).set("text-anchor", anchor)
}

fn line(from: (f64, f64), to: (f64, f64), colour: &str) -> Line {
    Line::new()
        .set("x1", round(from.0))
        .set("y1", round(from.1))
        .set("x2", round(to.0))
        .set("y2", round(to.1))
        .set("stroke", colour)
}

/// A tenth of a pixel is enough.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// The next 1, 2, 2.5 or 5 times a power of ten: the end of the axis.
fn round_up(value: f64) -> f64 {
    if !(value > 0.0 && value.is_finite()) {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 2.5, 5.0].into_iter().map(|step| step * power).find(|&end| end >= value).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_the_axis() {
        for (value, end) in [(0.0, 1.0), (0.7, 1.0), (1.0, 1.0), (738.0, 1000.0), (210.0, 250.0), (f64::NAN, 1.0)] {
            assert_eq!(round_up(value), end, "{value}");
        }
    }

    #[test]
    fn bars_with_spread_and_ceiling() {
        let bar = |label: &str, value| Bar {
            label: label.to_owned(),
            value,
            spread: (value * 0.9, value * 1.1),
            ceiling: Some(1000.0),
            note: Some("70%".to_owned()),
        };
        let chart = bar_chart("a <model> & more", Some("dashes"), &[bar("128", 700.0), bar("512", 500.0)]);
        // 700 of 1000 on an axis of 260 pixels that starts at 70.
        assert!(chart.contains("y=\"148\"") && chart.contains("height=\"182\""), "{chart}");
        assert_eq!(chart.matches("stroke-dasharray").count(), 2);
        assert!(chart.contains("a &lt;model&gt; &amp; more") && !chart.contains("<model>"), "{chart}");
        let mut content = chart.as_str();
        let events = svg::read(content).unwrap();
        assert!(events.into_iter().all(|event| !matches!(event, svg::parser::Event::Error(_))));
        assert!(bar_chart("none", None, &[]).contains("<svg"));
    }
}
