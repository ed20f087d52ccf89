//! From parsed JSON to values and back, along one path for everything that is read and written.
//!
//! serde makes its code once for each kind of reader. Here there is one kind, which knows by itself where in the text
//! it stands: an error carries its place as a JSON pointer (RFC 6901). With three kinds (texts, owned values, and
//! values that are watched for their place) the same code stood in the page's module several times, and was a quarter
//! of it.
//!
//! What differs from `serde_json::from_value`: a structure is an object and never a list of its fields in order, since
//! no person could read that.

use std::fmt;

use serde::Serialize;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Unexpected, Visitor, value::StrDeserializer};
use serde_json::{Map, Number, Value};

/// Why a value is not what was to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    message: String,
    /// From the innermost outwards.
    steps: Vec<String>,
}

impl Error {
    /// The place of what is wrong, as a JSON pointer (RFC 6901); empty for the whole.
    pub fn pointer(&self) -> String {
        let steps = self.0.steps.iter().rev();
        steps.map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
    }

    /// What is wrong there.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    fn within(mut self, step: &str) -> Self {
        self.0.steps.push(step.to_owned());
        self
    }

    fn new(message: String) -> Self {
        Self(Box::new(Inner { message, steps: Vec::new() }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if self.0.steps.is_empty() { Ok(()) } else { write!(f, " at {}", self.pointer()) }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

/// Reads a value from parsed JSON.
///
/// # Errors
/// The first thing that is not as the type asks for, with its place.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    T::deserialize(Reader(value))
}

/// Reads a value from a text.
///
/// # Errors
/// That the text is no JSON, or as [`read`].
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let value: Value = serde_json::from_str(text).map_err(|e| Error::new(e.to_string()))?;
    read(&value)
}

/// The value as JSON; null for what has no form in JSON.
pub fn write<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A place in parsed JSON.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Value);

impl<'a> Reader<'a> {
    fn unexpected(self) -> Unexpected<'a> {
        match self.0 {
            Value::Null => Unexpected::Other("null"),
            Value::Bool(yes) => Unexpected::Bool(*yes),
            Value::Number(number) => number_met(number),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }

    #[cold]
    fn refuse(self, expected: &dyn de::Expected) -> Error {
        de::Error::invalid_type(self.unexpected(), expected)
    }

    fn whole(self, expected: &dyn de::Expected) -> Result<u64, Error> {
        self.0.as_u64().ok_or_else(|| match self.0.as_i64() {
            Some(number) => de::Error::invalid_value(Unexpected::Signed(number), expected),
            None => self.refuse(expected),
        })
    }

    fn text(self, expected: &dyn de::Expected) -> Result<&'a str, Error> {
        self.0.as_str().ok_or_else(|| self.refuse(expected))
    }

    fn list(self, expected: &dyn de::Expected) -> Result<Elements<'a>, Error> {
        match self.0 {
            Value::Array(list) => Ok(Elements { rest: list.iter(), next: 0 }),
            _ => Err(self.refuse(expected)),
        }
    }

    fn object(self, expected: &dyn de::Expected) -> Result<Fields<'a>, Error> {
        match self.0 {
            Value::Object(fields) => Ok(Fields { rest: fields.iter(), value: None }),
            _ => Err(self.refuse(expected)),
        }
    }
}

fn number_met(number: &Number) -> Unexpected<'_> {
    match (number.as_u64(), number.as_i64()) {
        (Some(whole), _) => Unexpected::Unsigned(whole),
        (None, Some(whole)) => Unexpected::Signed(whole),
        (None, None) => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            let whole = self.whole(&visitor)?;
            visitor.visit_u64(whole)
        })*
    };
}

macro_rules! texts {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.text(&visitor)?;
            visitor.visit_str(text)
        })*
    };
}

macro_rules! not_in_json {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            Err(self.refuse(&visitor))
        })*
    };
}

impl<'a> de::Deserializer<'a> for Reader<'a> {
    type Error = Error;

    whole_numbers!(deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    texts!(deserialize_str deserialize_string deserialize_identifier);
    not_in_json!(deserialize_bytes deserialize_byte_buf deserialize_char deserialize_f32 deserialize_unit);

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(yes) => visitor.visit_bool(*yes),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(whole), ..) => visitor.visit_u64(whole),
                (None, Some(whole), _) => visitor.visit_i64(whole),
                (None, None, Some(number)) => visitor.visit_f64(number),
                (None, None, None) => Err(self.refuse(&visitor)),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(list) => visitor.visit_seq(Elements { rest: list.iter(), next: 0 }),
            Value::Object(fields) => visitor.visit_map(Fields { rest: fields.iter(), value: None }),
        }
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.as_bool() {
            Some(yes) => visitor.visit_bool(yes),
            None => Err(self.refuse(&visitor)),
        }
    }

    fn deserialize_i8<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i16<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.as_i64() {
            Some(whole) => visitor.visit_i64(whole),
            None => Err(self.refuse(&visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.as_f64() {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.refuse(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        Err(self.refuse(&visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut elements = self.list(&visitor)?;
        let value = visitor.visit_seq(&mut elements)?;
        match elements.rest.len() {
            0 => Ok(value),
            more => Err(de::Error::invalid_length(elements.next + more, &"fewer elements in the list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let fields = self.object(&visitor)?;
        visitor.visit_map(fields)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let fields = self.object(&visitor)?;
        visitor.visit_map(fields)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (variant, content) = self.variant()?;
        visitor.visit_enum(Variant { name: variant, content })
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

impl<'a> Reader<'a> {
    /// The name of an enum's variant, and what it holds.
    fn variant(self) -> Result<(&'a str, Option<&'a Value>), Error> {
        match self.0 {
            Value::String(name) => Ok((name, None)),
            Value::Object(fields) => only(fields).map(|(name, content)| (name.as_str(), Some(content))),
            _ => Err(self.refuse(&"string or map")),
        }
    }
}

fn only(fields: &Map<String, Value>) -> Result<(&String, &Value), Error> {
    let mut all = fields.iter();
    match (all.next(), all.next()) {
        (Some(field), None) => Ok(field),
        _ => Err(de::Error::invalid_value(Unexpected::Map, &"map with a single key")),
    }
}

struct Elements<'a> {
    rest: std::slice::Iter<'a, Value>,
    next: usize,
}

impl<'a> de::SeqAccess<'a> for Elements<'a> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.rest.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(Reader(value)).map(Some).map_err(|e| e.within(&index.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Fields<'a> {
    rest: serde_json::map::Iter<'a>,
    /// The value of the key that was read last.
    value: Option<(&'a String, &'a Value)>,
}

impl<'a> de::MapAccess<'a> for Fields<'a> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some((name, value));
        seed.deserialize(StrDeserializer::new(name)).map(Some).map_err(|e: Error| e.within(name))
    }

    fn next_value_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<T::Value, Error> {
        // serde asks for a value after its key alone.
        let (name, value) = self.value.take().ok_or_else(|| Error::new("a value without its key".into()))?;
        seed.deserialize(Reader(value)).map_err(|e| e.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Variant<'a> {
    name: &'a str,
    content: Option<&'a Value>,
}

impl<'a> de::EnumAccess<'a> for Variant<'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        seed.deserialize(StrDeserializer::new(self.name)).map(|value| (value, self))
    }
}

impl<'a> Variant<'a> {
    /// What the variant holds, where it must hold something.
    fn held(&self, expected: &dyn de::Expected) -> Result<Reader<'a>, Error> {
        let none = || de::Error::invalid_type(Unexpected::UnitVariant, expected);
        self.content.map(Reader).ok_or_else(none)
    }
}

impl<'a> de::VariantAccess<'a> for Variant<'a> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(value) => Err(Reader(value).refuse(&"unit").within(self.name)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.held(&"newtype variant")?).map_err(|e| e.within(self.name))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        let content = self.held(&"tuple variant")?;
        de::Deserializer::deserialize_seq(content, visitor).map_err(|e| e.within(self.name))
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let fields = self.held(&"struct variant")?.object(&visitor).map_err(|e| e.within(self.name))?;
        visitor.visit_map(fields).map_err(|e| e.within(self.name))
    }
}

#[cfg(test)]
mod tests;
