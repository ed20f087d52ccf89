//! Every colour of `style/tokens.css` that carries words or shapes is told apart from what lies below it, in both themes.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../style/tokens.css");

/// The colours of one theme by their names without the prefix.
type Theme = BTreeMap<String, [u8; 3]>;

/// Both themes: light, dark.
fn themes() -> [Theme; 2] {
    let mut themes = [Theme::new(), Theme::new()];
    for line in TOKENS.lines() {
        let Some((name, rest)) = line.trim().strip_prefix("--fivexx-").and_then(|l| l.split_once(':')) else {
            continue;
        };
        let Some((colours, _)) = rest.trim().strip_prefix("light-dark(").and_then(|r| r.split_once(')'))
        else {
            continue;
        };
        for (theme, colour) in themes.iter_mut().zip(colours.split(',')) {
            if let Some(colour) = hex(colour.trim()) {
                theme.insert(name.trim().to_owned(), colour);
            }
        }
    }
    themes
}

fn hex(colour: &str) -> Option<[u8; 3]> {
    let digits = colour.strip_prefix('#').filter(|d| d.len() == 6)?;
    let channel = |i: usize| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// The relative luminance of WCAG 2.2.
fn luminance(colour: [u8; 3]) -> f64 {
    let [r, g, b] = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn words_and_shapes_have_enough_contrast_in_both_themes() {
    const TEXT: f64 = 4.5;
    const SHAPE: f64 = 3.0;
    let mut pairs: Vec<(String, String, f64)> = Vec::new();
    for ink in ["ink", "ink-2", "ink-3", "accent"] {
        for ground in ["surface", "bg", "sunken", "raised"] {
            pairs.push((ink.into(), ground.into(), TEXT));
        }
    }
    for outcome in ["ok", "4xx", "500", "502", "503", "504", "none"] {
        pairs.push((format!("{outcome}-ink"), "surface".into(), TEXT));
        pairs.push((format!("{outcome}-ink"), format!("{outcome}-wash"), TEXT));
        pairs.push((format!("{outcome}-fill"), "surface".into(), SHAPE));
    }
    for (ink, ground, least) in [
        ("fault-ink", "fault-wash", TEXT),
        ("fault-ink", "surface", TEXT),
        ("ink", "accent-wash", TEXT),
        ("accent", "accent-wash", TEXT),
        ("ink", "mark", TEXT),
        ("ink-inverse", "primary", TEXT),
        ("code-key", "surface", TEXT),
        ("code-dim", "surface", TEXT),
        ("control-line", "surface", SHAPE),
        ("focus", "surface", SHAPE),
    ] {
        pairs.push((ink.into(), ground.into(), least));
    }
    for (theme, name) in themes().iter().zip(["light", "dark"]) {
        for (ink, ground, least) in &pairs {
            let found = contrast(theme[ink], theme[ground]);
            assert!(found >= *least, "{name}: {ink} on {ground} has {found:.2}, at least {least} is needed");
        }
    }
}
