//! Which settings a few words mean.

use std::collections::BTreeSet;

use super::{Field, Form, Kind};

impl Form {
    /// The pointers of all fields that have every word in their name, directive, description or choices, or stand
    /// below a heading that has it; none if nothing is looked for.
    pub fn found(&self, query: &str) -> Option<BTreeSet<String>> {
        let query = plain(query);
        let words: Vec<&str> = query.split_whitespace().collect();
        if words.is_empty() {
            return None;
        }
        let mut found = BTreeSet::new();
        for section in &self.sections {
            for heading in &section.headings {
                let above = plain(&format!("{} {} {}", section.title, section.node, heading.title));
                for pointer in &heading.fields {
                    self.look(pointer, &above, &words, &mut found);
                }
            }
        }
        Some(found)
    }

    /// Looks at a field and at those within it; true if one of them has all words.
    fn look(&self, pointer: &str, above: &str, words: &[&str], found: &mut BTreeSet<String>) -> bool {
        let Some(field) = self.field(pointer) else { return false };
        let text = format!("{above} {}", text(field));
        // Words that stand above say which part of the form is meant; another one must be the field's own.
        let is_one = words.iter().all(|word| text.contains(word))
            && (words.iter().any(|word| !above.contains(word)) || words.iter().all(|w| above.contains(w)));
        let mut any = is_one;
        let below = if is_one { text } else { format!("{above} {}", plain(&field.name)) };
        for child in &field.children {
            any |= self.look(child, &below, words, found);
        }
        if any {
            found.insert(pointer.to_owned());
        }
        any
    }
}

fn text(field: &Field) -> String {
    let mut text = format!(
        "{} {} {} {}",
        field.name,
        field.directive.unwrap_or_default(),
        field.description,
        field.more
    );
    if let Kind::Choice(choices) | Kind::Ticks(choices) | Kind::Forms(choices) = &field.kind {
        for choice in choices {
            text.push(' ');
            text.push_str(&choice.label);
            text.push(' ');
            text.push_str(&choice.description);
        }
    }
    plain(&text)
}

/// Small letters, and words for what names join.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['_', '-'], " ")
}
