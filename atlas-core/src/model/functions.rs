//! What is computed of texts and of numbers. Each database spells it its own way; the answers are the same.

use crate::{
    model::{Alike, Base, Expression, Keeps, Made, Operand, Scalar, Text},
    statement::{Expr as Node, Function},
    value::{Number, Value},
};

fn call<S, T>(function: Function, of: impl Into<Vec<Node>>) -> Scalar<S, T> {
    Scalar::new(Node::Function(function, of.into()))
}

/// A number of characters, digits or rows, which a database counts with 32 bits.
pub(super) fn number(number: u32) -> Node {
    Value::I64(i64::from(number.min(i32::MAX.unsigned_abs()))).into()
}

fn text(text: impl Into<String>) -> Node {
    Value::Text(text.into()).into()
}

/// What is computed of a text. The prelude brings its methods into scope.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let ann = User::query().filter(User::name.lower().eq("ann")).sole(&db).await?;
/// let short = Post::query().filter(Post::title.length().lt(13));
/// assert_eq!(short.count(&db).await?, 1);
/// # Ok(())
/// # });
/// ```
pub trait TextExpression: Expression<Type: Keeps<Base<Self>>> {
    /// In small letters.
    fn lower(self) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Lower, [self.into_node()])
    }

    /// In capital letters.
    fn upper(self) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Upper, [self.into_node()])
    }

    /// Without spaces at both ends.
    fn trim(self) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Trim, [self.into_node()])
    }

    /// Without spaces at the start.
    fn trim_start(self) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::TrimStart, [self.into_node()])
    }

    /// Without spaces at the end.
    fn trim_end(self) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::TrimEnd, [self.into_node()])
    }

    /// How many characters it has.
    fn length(self) -> Scalar<Self::Scope, Alike<Self, i64>>
    where
        Base<Self>: Text,
    {
        call(Function::Length, [self.into_node()])
    }

    /// With another text behind it; NULL where either is.
    fn concat<V>(self, other: V) -> Scalar<V::Scope, Made<Self::Type, V::Null, String>>
    where
        Base<Self>: Text,
        V: Operand<String, Self::Scope>,
    {
        call(Function::Concat, [self.into_node(), other.operand()])
    }

    /// So many characters from one of them on; the first is 1.
    fn substring(self, from: u32, characters: u32) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Substring, [self.into_node(), number(from.max(1)), number(characters)])
    }

    /// With each occurrence of a text replaced by another.
    fn replace(
        self,
        text: impl Into<String>,
        by: impl Into<String>,
    ) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Replace, [self.into_node(), self::text(text), self::text(by)])
    }

    /// Its first characters.
    fn left(self, characters: u32) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Left, [self.into_node(), number(characters)])
    }

    /// Its last characters.
    fn right(self, characters: u32) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Right, [self.into_node(), number(characters)])
    }

    /// Where a text begins in it: from 1, or 0 where it is not in it. Case matters.
    fn position(self, of: impl Into<String>) -> Scalar<Self::Scope, Alike<Self, i64>>
    where
        Base<Self>: Text,
    {
        call(Function::Position, [self.into_node(), text(of)])
    }

    /// Of so many characters: filled at the start, or cut at the end. The filling is not empty.
    fn pad_start(self, characters: u32, with: impl Into<String>) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        padded(Function::PadStart, self.into_node(), characters, with.into())
    }

    /// Of so many characters: filled or cut at the end. The filling is not empty.
    fn pad_end(self, characters: u32, with: impl Into<String>) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        padded(Function::PadEnd, self.into_node(), characters, with.into())
    }

    /// Its characters in the opposite order.
    fn reverse(self) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Reverse, [self.into_node()])
    }

    /// So many times.
    fn repeat(self, times: u32) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Text,
    {
        call(Function::Repeat, [self.into_node(), number(times)])
    }
}

impl<E: Expression<Type: Keeps<Base<E>>>> TextExpression for E {}

fn padded<S, T>(function: Function, of: Node, characters: u32, with: String) -> Scalar<S, T> {
    if with.is_empty() {
        return Scalar::new(Node::Fault("a text cannot be padded with nothing: pass `\" \"`".to_owned()));
    }
    call(function, [of, number(characters), text(with)])
}

/// What is computed of a number. The prelude brings its methods into scope.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let near = Post::query().filter((Post::votes - 5).abs().le(2)).order_by(Post::id.asc());
/// assert_eq!(near.pluck(&db, Post::votes).await?, [7, 3]);
/// # Ok(())
/// # });
/// ```
#[allow(clippy::wrong_self_convention)]
pub trait NumberExpression: Expression<Type: Keeps<Base<Self>>> {
    /// Without its sign.
    fn abs(self) -> Scalar<Self::Scope, Self::Type>
    where
        Base<Self>: Number,
    {
        call(Function::Abs, [self.into_node()])
    }

    /// With so many digits after the point; halves away from zero.
    fn round(self, digits: u32) -> Scalar<Self::Scope, Self::Type>
    where
        Base<Self>: Number,
    {
        call(Function::Round, [self.into_node(), number(digits.min(18))])
    }

    /// The next whole number that is not smaller.
    fn ceil(self) -> Scalar<Self::Scope, Self::Type>
    where
        Base<Self>: Number,
    {
        call(Function::Ceil, [self.into_node()])
    }

    /// The next whole number that is not larger.
    fn floor(self) -> Scalar<Self::Scope, Self::Type>
    where
        Base<Self>: Number,
    {
        call(Function::Floor, [self.into_node()])
    }

    /// To the power of another number, as floats. Where that is no number, the statement fails.
    fn power<V>(self, exponent: V) -> Scalar<V::Scope, Made<Self::Type, V::Null, f64>>
    where
        Base<Self>: Number,
        V: Operand<f64, Self::Scope>,
    {
        call(Function::Power, [self.into_node(), exponent.operand()])
    }

    /// The square root as a float; NULL of less than zero.
    fn sqrt(self) -> Scalar<Self::Scope, Option<f64>>
    where
        Base<Self>: Number,
    {
        call(Function::Sqrt, [self.into_node()])
    }

    /// -1, 0 or 1.
    fn sign(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: Number,
    {
        call(Function::Sign, [self.into_node()])
    }

    /// As an integer, cut towards zero.
    fn to_integer(self) -> Scalar<Self::Scope, Alike<Self, i64>>
    where
        Base<Self>: Number,
    {
        call(Function::ToInteger, [self.into_node()])
    }

    /// As a float.
    fn to_float(self) -> Scalar<Self::Scope, Alike<Self, f64>>
    where
        Base<Self>: Number,
    {
        call(Function::ToFloat, [self.into_node()])
    }

    /// An integer as a text.
    fn to_text(self) -> Scalar<Self::Scope, Alike<Self, String>>
    where
        Base<Self>: Integer,
    {
        call(Function::ToText, [self.into_node()])
    }

    /// The bits that both integers have: `&`.
    fn bit_and<V: Operand<Base<Self>, Self::Scope>>(
        self,
        other: V,
    ) -> Scalar<V::Scope, Made<Self::Type, V::Null, Base<Self>>>
    where
        Base<Self>: Integer,
    {
        call(Function::BitAnd, [self.into_node(), other.operand()])
    }

    /// The bits that either integer has: `|`.
    fn bit_or<V: Operand<Base<Self>, Self::Scope>>(
        self,
        other: V,
    ) -> Scalar<V::Scope, Made<Self::Type, V::Null, Base<Self>>>
    where
        Base<Self>: Integer,
    {
        call(Function::BitOr, [self.into_node(), other.operand()])
    }

    /// The bits that one of the integers has and the other has not.
    fn bit_xor<V: Operand<Base<Self>, Self::Scope>>(
        self,
        other: V,
    ) -> Scalar<V::Scope, Made<Self::Type, V::Null, Base<Self>>>
    where
        Base<Self>: Integer,
    {
        call(Function::BitXor, [self.into_node(), other.operand()])
    }

    /// The bits that it does not have, of 64: `-1 - x`.
    fn bit_not(self) -> Scalar<Self::Scope, Alike<Self, i64>>
    where
        Base<Self>: Integer,
    {
        call(Function::BitNot, [self.into_node()])
    }

    /// Its bits moved to the left by fewer than 64 places, in an integer of 64 bits.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let flags = Post::query().order_by(Post::id).select((Post::votes.shift_left(4), Post::votes.bit_xor(2)));
    /// assert_eq!(flags.get(&db).await?, [(112, 5), (48, 1), (0, 2)]);
    /// # Ok(())
    /// # });
    /// ```
    fn shift_left(self, places: u32) -> Scalar<Self::Scope, Alike<Self, i64>>
    where
        Base<Self>: Integer,
    {
        shifted(Function::ShiftLeft, self.into_node(), places)
    }

    /// Its bits moved to the right by fewer than 64 places; its sign stays.
    fn shift_right(self, places: u32) -> Scalar<Self::Scope, Self::Type>
    where
        Base<Self>: Integer,
    {
        shifted(Function::ShiftRight, self.into_node(), places)
    }
}

fn shifted<S, T>(function: Function, of: Node, places: u32) -> Scalar<S, T> {
    if places > 63 {
        return Scalar::new(Node::Fault(format!(
            "bits cannot be moved by {places} places: there are 64 of them"
        )));
    }
    call(function, [of, number(places)])
}

impl<E: Expression<Type: Keeps<Base<E>>>> NumberExpression for E {}

/// Columns of integers.
#[diagnostic::on_unimplemented(message = "a `{Self}` column is no integer", label = "only for integers")]
pub trait Integer: Number {}

macro_rules! integers {
    ($($type:ty)*) => { $(
        #[diagnostic::do_not_recommend]
        impl Integer for $type {}
    )* };
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);
