//! `rust_decimal::Decimal` as a column.

use rust_decimal::Decimal;

use crate::{
    error::{Error, Result},
    value::{Attribute, ColumnType, Numeric, Value, ValueRef},
};

#[diagnostic::do_not_recommend]
impl Attribute for Decimal {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Numeric;

    fn encode(&self) -> Value {
        // A Decimal's scale is at most 28.
        Value::Numeric(Numeric::new(self.mantissa(), u8::try_from(self.scale()).unwrap_or(u8::MAX)))
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let number = match value {
            ValueRef::Numeric(number) => Some(number),
            ValueRef::I64(number) => Some(Numeric::new(i128::from(number), 0)),
            ValueRef::U64(number) => Some(Numeric::new(i128::from(number), 0)),
            ValueRef::F64(number) => Numeric::from_f64(number),
            ValueRef::Text(text) => text.parse().ok(),
            _ => None,
        };
        number
            .and_then(|number| {
                Decimal::try_from_i128_with_scale(number.unscaled(), u32::from(number.scale())).ok()
            })
            .ok_or_else(|| Error::decode("decimal of at most 28 digits", value))
    }
}
