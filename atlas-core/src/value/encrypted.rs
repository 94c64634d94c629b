use std::marker::PhantomData;

#[cfg(feature = "encryption")]
use crate::{
    error::{Error, Result},
    value::{Attribute, Cast, ColumnType, Value, ValueRef, encryption, sealed::Sealed},
};

/// How a field with `#[cast(encrypted)]` is stored: as text, encrypted with AES-256-GCM. The model and the place of the
/// column among its columns are part of the type, since a value that was encrypted for one column is none for another;
/// `C` is how the value is stored before that.
///
/// Each value is encrypted with a new nonce, so that equal values are unequal texts: such a column cannot be compared.
pub struct Encrypted<M, const COLUMN: usize, C = Itself>(PhantomData<fn() -> (M, C)>);

/// A type that is stored as it is, without a cast.
pub struct Itself(());

/// What the feature `encryption` adds.
#[diagnostic::on_unimplemented(
    message = "#[cast(encrypted)] needs the feature `encryption` of `atlas`",
    label = "add `features = [\"encryption\"]` to the dependency"
)]
pub trait Encryption {}
#[cfg(feature = "encryption")]
#[diagnostic::do_not_recommend]
impl<T> Encryption for T {}

#[cfg(feature = "encryption")]
#[diagnostic::do_not_recommend]
impl<T: Attribute> Cast<T> for Itself {
    const TYPE: ColumnType = T::TYPE;

    fn encode(value: &T) -> Value {
        value.encode()
    }

    fn decode(value: ValueRef<'_>) -> Result<T> {
        T::decode(value)
    }
}

#[cfg(feature = "encryption")]
#[diagnostic::do_not_recommend]
impl<T, M, C, const COLUMN: usize> Cast<T> for Encrypted<M, COLUMN, C>
where
    T: Encryption,
    M: crate::model::Model,
    C: Cast<T>,
{
    const TYPE: ColumnType = ColumnType::Text;
    const GIVEN: ColumnType = C::TYPE;

    fn encode(value: &T) -> Value {
        let meta = M::meta();
        let column = meta.names.get(COLUMN).copied().unwrap_or_default();
        Value::Sealed(Box::new(Sealed::new(C::encode(value), meta.name, meta.table, column)))
    }

    fn decode(value: ValueRef<'_>) -> Result<T> {
        match value {
            ValueRef::Sealed(sealed) => C::decode(sealed.plain.as_ref()),
            ValueRef::Text(text) => {
                let meta = M::meta();
                let column = meta.names.get(COLUMN).copied().unwrap_or_default();
                let opened = encryption::open(text, meta.table, column);
                let plain = opened.map_err(|reason| {
                    Error::config(format!("`{column}` of `{}` cannot be decrypted: {reason}", meta.name))
                })?;
                // What it holds is in no error.
                C::decode(plain.as_ref()).map_err(Error::redacted)
            }
            _ => Err(Error::Decode {
                model: "",
                column: "",
                expected: "encrypted text",
                found: "[redacted]".to_owned(),
            }),
        }
    }

    fn accept(value: ValueRef<'_>) -> Result<T> {
        match value {
            ValueRef::Sealed(sealed) => C::decode(sealed.plain.as_ref()),
            value => C::decode(value).map_err(Error::redacted),
        }
    }
}
