use std::fmt;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use crate::{
    error::{Error, Result},
    value::{Assign, Attribute, ColumnType, Stored, Value, ValueRef},
};

/// A password as it is stored: hashed with argon2id, as a PHC string. There is no way to hash one twice: text becomes a
/// `Hashed` by being hashed, and a row is read as the hash that it holds.
///
/// Columns of this type are `#[sensitive]` without being marked so.
///
/// ```
/// use atlas::{Hashed, prelude::*};
///
/// #[derive(Model)]
/// pub struct Member {
///     pub id: i64,
///     pub password: Hashed,
/// }
///
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables(models![Member]).await?;
/// let mut member = Member::draft().password("hunter2").save(&db).await?;
/// assert!(member.password.verify("hunter2") && !member.password.verify("hunter3"));
/// member.password = Hashed::new("correct horse");
/// member.save(&db).await?;
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
///
/// Hashing is slow on purpose: some ten milliseconds, in which the thread does nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed(String);

impl Hashed {
    /// Hashes a password.
    pub fn new(plain: &str) -> Self {
        let mut salt = [0; 16];
        let hash = getrandom::fill(&mut salt)
            .ok()
            .and_then(|()| Argon2::default().hash_password_with_salt(plain.as_bytes(), &salt).ok());
        // A text that no password fits, and that is refused where it is written.
        Self(hash.map(|hash| hash.to_string()).unwrap_or_default())
    }

    /// Takes a hash that was made elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the text is none.
    pub fn from_hash(hash: impl Into<String>) -> Result<Self> {
        let hash = hash.into();
        if is_hash(&hash) {
            return Ok(Self(hash));
        }
        Err(Error::config("this is no hash, which begins with `$`: hash a password with `Hashed::new`"))
    }

    /// Whether it is the hash of this password. Never, for a hash of another algorithm than argon2.
    pub fn verify(&self, plain: &str) -> bool {
        Argon2::default().verify_password(plain.as_bytes(), self.0.as_str()).is_ok()
    }

    /// Whether a new hash would be made otherwise: by another algorithm, or at another cost. Hash the password anew when
    /// it is next given.
    pub fn needs_rehash(&self) -> bool {
        let parameters = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let now = format!(
            "$argon2id$v=19$m={},t={},p={}",
            argon2::Params::DEFAULT_M_COST,
            argon2::Params::DEFAULT_T_COST,
            argon2::Params::DEFAULT_P_COST
        );
        parameters(&self.0) != parameters(&now)
    }

    /// The hash itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_hash(text: &str) -> bool {
    text.starts_with('$')
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hashed]")
    }
}

impl From<&str> for Hashed {
    fn from(plain: &str) -> Self {
        Self::new(plain)
    }
}

impl From<String> for Hashed {
    fn from(plain: String) -> Self {
        Self::new(&plain)
    }
}

#[diagnostic::do_not_recommend]
impl Attribute for Hashed {
    type Base = Self;
    const TYPE: ColumnType = ColumnType::Text;
    /// What comes from outside is a password.
    const STORED: Stored = (ColumnType::Text, false, |value| match value {
        ValueRef::Text(plain) => Ok(Self::new(plain).into_value()),
        _ => Err(no_hash("password")),
    });

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }

    fn into_value(self) -> Value {
        Value::Text(self.0)
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(hash) if is_hash(hash) => Ok(Self(hash.to_owned())),
            _ => Err(no_hash("hash of a password")),
        }
    }
}

/// What was found may be a password: it is not shown.
#[cold]
fn no_hash(expected: &'static str) -> Error {
    Error::Decode { model: "", column: "", expected, found: "[redacted]".to_owned() }
}

macro_rules! assign {
    ($($plain:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl Assign<Hashed> for $plain {
            fn assign(self) -> Hashed {
                Hashed::new(&self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl Assign<Option<Hashed>> for $plain {
            fn assign(self) -> Option<Hashed> {
                Some(Hashed::new(&self))
            }
        }
    )* };
}
assign!(&str, &String, String);
