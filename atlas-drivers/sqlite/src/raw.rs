//! SQLite's C interface for what every statement passes through: preparing, binding, stepping, reading.
//!
//! This is the one file with `unsafe`. What holds it together:
//!
//! * A [`Database`] owns its `sqlite3` and every `sqlite3_stmt` of it; no statement leaves it. Whoever
//!   steps or binds has `&mut Database`, whoever reads a row has `&Database`, so that no two threads
//!   are ever in the same connection, although SQLite takes no mutex of its own (`NOMUTEX`).
//! * One statement is active at a time, from [`Database::start`] to [`Database::finish`], and a cached
//!   statement is only finalized while none is active.
//! * What SQLite is lent for longer than a call is the watch, which is dropped after the connection,
//!   and the values of [`Database::with_lent`], which are taken back before it returns.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    marker::PhantomData,
    ptr,
    sync::{Arc, Once},
};

use atlas_core::{
    error::{Error, Result as CoreResult},
    value::{Value, ValueRef},
};
use atlas_sql::{Bind, Shape};
use hashlink::LruCache;
use rusqlite::{config::DbConfig, ffi};

use crate::{
    error::Failure,
    row::no_such_column,
    value::{Buffer, Encoded, encode},
    watch::{Limit, STEPS, Watch},
};

/// A connection, its prepared statements, and the one of them that is active.
pub(crate) struct Database {
    handle: *mut ffi::sqlite3,
    prepared: LruCache<Shape, Prepared>,
    /// How many statements are kept; 0: none.
    kept: usize,
    active: Option<Active>,
    // Dropped after the statements were finalized, and before the watch that its callbacks ask.
    connection: rusqlite::Connection,
    watch: Arc<Watch>,
}

#[derive(Clone, Copy)]
struct Prepared {
    statement: *mut ffi::sqlite3_stmt,
    reads_only: bool,
}

#[derive(Clone, Copy)]
struct Active {
    statement: *mut ffi::sqlite3_stmt,
    /// 0 until there is a row.
    columns: usize,
    reads_only: bool,
    /// Whether it stays in the cache.
    kept: bool,
}

// SAFETY: a connection that was opened with NOMUTEX may be used by one thread at a time, and so may
// its statements; all of them are reached through this struct alone, which is not `Sync`.
unsafe impl Send for Database {}

impl Database {
    /// Takes over a connection and keeps up to `kept` prepared statements of it.
    pub(crate) fn new(connection: rusqlite::Connection, watch: Arc<Watch>, kept: usize) -> Self {
        // SAFETY: the handle is used as long as `connection` is owned here, and never closed.
        let handle = unsafe { connection.handle() };
        let context = Arc::as_ptr(&watch).cast::<c_void>().cast_mut();
        // SAFETY: the context is a `Watch` that this struct keeps alive until after the connection is
        // closed; the callbacks take it by shared reference, and it is `Sync`.
        unsafe {
            ffi::sqlite3_progress_handler(handle, STEPS, Some(on_progress), context);
            ffi::sqlite3_busy_handler(handle, Some(on_busy), context);
            ffi::sqlite3_wal_hook(handle, Some(on_wal), context);
        }
        Self { handle, prepared: LruCache::new(kept.max(1)), kept, active: None, connection, watch }
    }

    /// Whether foreign keys are held from now on. Unlike the pragma, this works inside of a transaction too:
    /// whoever does so there has to see to it that they hold at its end.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub(crate) fn hold_foreign_keys(&mut self, hold: bool) -> Result<bool, Failure> {
        let option = DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY;
        let fail = |error: rusqlite::Error| Failure::of_library(&error);
        let held = self.connection.db_config(option).map_err(fail)?;
        self.connection.set_db_config(option, hold).map_err(fail)?;
        Ok(held)
    }

    pub(crate) fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// Prepares a statement, or finds it prepared, and makes it the active one.
    ///
    /// # Errors
    ///
    /// What SQLite says to the text; a text of several statements.
    pub(crate) fn start(&mut self, text: &str) -> Result<(), Failure> {
        let shape = Shape::of_text(text);
        if self.resume(shape) { Ok(()) } else { self.start_new(shape, text) }
    }

    /// Makes a statement the active one that is kept under its shape; `false` where none is.
    pub(crate) fn resume(&mut self, shape: Shape) -> bool {
        self.finish();
        let Some(Prepared { statement, reads_only }) = self.prepared.get(&shape).copied() else {
            return false;
        };
        self.active = Some(Active { statement, columns: 0, reads_only, kept: true });
        true
    }

    /// Prepares a statement that is not kept under its shape, and makes it the active one.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub(crate) fn start_new(&mut self, shape: Shape, text: &str) -> Result<(), Failure> {
        self.finish();
        let (prepared, tail) = self.prepare(text)?;
        if !is_blank(tail) {
            // SAFETY: the statement was prepared above and is known nowhere else.
            unsafe { ffi::sqlite3_finalize(prepared.statement) };
            return Err(Failure::several_statements());
        }
        if self.kept > 0 {
            while self.prepared.len() >= self.kept {
                let Some((_, oldest)) = self.prepared.remove_lru() else { break };
                // SAFETY: no statement is active, and this one has left the cache.
                unsafe { ffi::sqlite3_finalize(oldest.statement) };
            }
            self.prepared.insert(shape, prepared);
        }
        self.active = Some(Active {
            statement: prepared.statement,
            columns: 0,
            reads_only: prepared.reads_only,
            kept: self.kept > 0,
        });
        Ok(())
    }

    fn prepare<'t>(&mut self, text: &'t str) -> Result<(Prepared, &'t str), Failure> {
        let length = c_int::try_from(text.len()).map_err(|_| Failure::too_long())?;
        // SQLite looks at the watch here too, which still knows how long the statement before has taken.
        self.watch.begin(Limit::None);
        let flags = if self.kept > 0 { ffi::SQLITE_PREPARE_PERSISTENT } else { 0 };
        let mut statement = ptr::null_mut();
        let mut tail = ptr::null();
        let start = text.as_ptr().cast::<c_char>();
        // SAFETY: the handle is open; `start` is valid for `length` bytes; the out pointers are ours.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(self.handle, start, length, flags, &raw mut statement, &raw mut tail)
        };
        if code != ffi::SQLITE_OK {
            return Err(self.failure(code));
        }
        if statement.is_null() {
            return Err(Failure::empty_statement());
        }
        // SAFETY: SQLite sets the tail into the text that it was given.
        let read = unsafe { tail.offset_from(start) };
        let tail = usize::try_from(read).ok().and_then(|read| text.get(read..)).unwrap_or_default();
        // SAFETY: the statement was just prepared.
        let reads_only = unsafe { ffi::sqlite3_stmt_readonly(statement) } != 0;
        Ok((Prepared { statement, reads_only }, tail))
    }

    /// Whether the active statement leaves the database as it is.
    pub(crate) fn reads_only(&self) -> bool {
        self.active.is_some_and(|active| active.reads_only)
    }

    /// Binds copies of these values to the active statement.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a value that SQLite cannot store.
    pub(crate) fn bind_copies<'b>(
        &mut self,
        binds: impl ExactSizeIterator<Item = BindRef<'b>>,
    ) -> CoreResult<()> {
        // SAFETY: nothing is lent: SQLite copies what it is given.
        unsafe { self.bind_all(binds, ffi::SQLITE_TRANSIENT()) }
    }

    /// Runs `body` with the active statement, which reads these values where they are. The statement is
    /// finished afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a value that SQLite cannot store.
    pub(crate) fn with_lent<'b, R>(
        &mut self,
        binds: impl ExactSizeIterator<Item = BindRef<'b>>,
        body: impl FnOnce(&mut Self) -> R,
    ) -> CoreResult<R> {
        struct TakeBack<'d>(&'d mut Database);
        impl Drop for TakeBack<'_> {
            fn drop(&mut self) {
                self.0.finish();
            }
        }
        let lent = TakeBack(self);
        // SAFETY: the values live at least as long as this call. `TakeBack` resets the statement and
        // clears its bindings before it ends, also when `body` panics; and if `body` finishes the
        // statement itself, that clears them too.
        unsafe { lent.0.bind_all(binds, ffi::SQLITE_STATIC()) }?;
        Ok(body(lent.0))
    }

    /// # Safety
    ///
    /// With `SQLITE_STATIC` the values must stay where they are until the bindings are cleared.
    unsafe fn bind_all<'b>(
        &mut self,
        binds: impl ExactSizeIterator<Item = BindRef<'b>>,
        own: ffi::sqlite3_destructor_type,
    ) -> CoreResult<()> {
        let Some(active) = self.active else { return Ok(()) };
        // SAFETY: the active statement is prepared and not finalized.
        let places = unsafe { ffi::sqlite3_bind_parameter_count(active.statement) };
        if usize::try_from(places) != Ok(binds.len()) {
            return Err(Error::config(format!(
                "the statement has {places} places for values and got {}: give one value for each `?`",
                binds.len()
            )));
        }
        for (place, bind) in (1..).zip(binds) {
            let mut buffer: Buffer = [0; 48];
            let encoded = match bind {
                BindRef::Value(value) => encode(value, &mut buffer)?,
                BindRef::Text(text) => Encoded::Text(text),
                BindRef::I64(number) => Encoded::I64(number),
            };
            // SAFETY: the statement as above; every pointer is valid for the length beside it during
            // the call. Afterwards SQLite has its own copy of what is in `buffer` or made for the
            // call, and for the rest what the caller vouches for.
            let code = unsafe {
                let text = |text: &str, own| {
                    let start = text.as_ptr().cast::<c_char>();
                    ffi::sqlite3_bind_text64(active.statement, place, start, text.len() as u64, own, UTF8)
                };
                match encoded {
                    Encoded::Null => ffi::sqlite3_bind_null(active.statement, place),
                    Encoded::I64(number) => ffi::sqlite3_bind_int64(active.statement, place, number),
                    Encoded::F64(number) => ffi::sqlite3_bind_double(active.statement, place, number),
                    Encoded::Text(own_text) => text(own_text, own),
                    Encoded::Written(written) => text(written, ffi::SQLITE_TRANSIENT()),
                    Encoded::Made(made) => text(&made, ffi::SQLITE_TRANSIENT()),
                    Encoded::Bytes(bytes) => {
                        let start = bytes.as_ptr().cast::<c_void>();
                        ffi::sqlite3_bind_blob64(active.statement, place, start, bytes.len() as u64, own)
                    }
                }
            };
            if code != ffi::SQLITE_OK {
                return Err(self.failure(code).into_error(None));
            }
        }
        Ok(())
    }

    /// Goes to the next row of the active statement; `false` after the last.
    ///
    /// # Errors
    ///
    /// What SQLite says; the statement must then be finished.
    pub(crate) fn step(&mut self) -> Result<bool, Failure> {
        let Some(active) = &mut self.active else { return Ok(false) };
        // SAFETY: the active statement is prepared and not finalized.
        match unsafe { ffi::sqlite3_step(active.statement) } {
            ffi::SQLITE_ROW => {
                if active.columns == 0 {
                    // Not before: preparing anew after a change of the schema can change it.
                    // SAFETY: as above.
                    let columns = unsafe { ffi::sqlite3_column_count(active.statement) };
                    active.columns = usize::try_from(columns).unwrap_or(0);
                }
                Ok(true)
            }
            ffi::SQLITE_DONE => Ok(false),
            code => Err(self.failure(code)),
        }
    }

    /// The row that the last step went to.
    pub(crate) fn row(&self) -> CurrentRow<'_> {
        match self.active {
            Some(Active { statement, columns, .. }) => CurrentRow { statement, columns, of: PhantomData },
            None => CurrentRow { statement: ptr::null_mut(), columns: 0, of: PhantomData },
        }
    }

    /// Ends the active statement, if there is one, and lets go of what was bound to it.
    pub(crate) fn finish(&mut self) {
        let Some(active) = self.active.take() else { return };
        // SAFETY: the statement is prepared and not finalized; one that is not kept is known nowhere
        // else, and is not used again.
        unsafe {
            if active.kept {
                ffi::sqlite3_reset(active.statement);
                ffi::sqlite3_clear_bindings(active.statement);
            } else {
                ffi::sqlite3_finalize(active.statement);
            }
        }
    }

    /// Rows that the last insert, update or delete wrote.
    pub(crate) fn changes(&self) -> u64 {
        // SAFETY: the handle is open.
        u64::try_from(unsafe { ffi::sqlite3_changes64(self.handle) }).unwrap_or(0)
    }

    /// Rows that were written since the connection was opened.
    pub(crate) fn total_changes(&self) -> i64 {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_total_changes64(self.handle) }
    }

    /// The key of the row that was inserted last into a table with a rowid.
    pub(crate) fn last_insert_rowid(&self) -> i64 {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_last_insert_rowid(self.handle) }
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_get_autocommit(self.handle) == 0 }
    }

    #[cold]
    fn failure(&self, code: c_int) -> Failure {
        // SAFETY: the handle is open; the message is a string that is valid until the next call.
        unsafe {
            let extended = ffi::sqlite3_extended_errcode(self.handle);
            let message = ffi::sqlite3_errmsg(self.handle);
            let message = if message.is_null() {
                String::new()
            } else {
                CStr::from_ptr(message).to_string_lossy().into_owned()
            };
            // The connection keeps the code of its last call: it is this one's where they agree.
            let code = if extended & 0xff == code & 0xff { extended } else { code };
            match self.watch.over_limit() {
                Some(limit) if matches!(code & 0xff, ffi::SQLITE_INTERRUPT | ffi::SQLITE_BUSY) => {
                    Failure::over_limit(limit)
                }
                _ => Failure { code, message, over_limit: None },
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.finish();
        for (_, prepared) in self.prepared.drain() {
            // SAFETY: none is active, and the cache was the only one to know it.
            unsafe { ffi::sqlite3_finalize(prepared.statement) };
        }
    }
}

/// Tells SQLite not to count what it allocates: the counters have a lock, which every allocation of
/// every connection takes. Only before SQLite is used at all, so that it may come too late where another
/// library was first; then it is as slow as it is for that library.
pub(crate) fn keep_no_memory_statistics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the option takes an `int`. SQLite refuses it once it is initialized; before, nothing
        // else of it runs: its first user, if it is not this driver, initializes it.
        let _ = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int) };
    });
}

/// A value to be bound, lent.
pub(crate) enum BindRef<'b> {
    Value(&'b Value),
    Text(&'b str),
    I64(i64),
}

impl<'b> From<&'b Bind<'_>> for BindRef<'b> {
    fn from(bind: &'b Bind<'_>) -> Self {
        match bind {
            Bind::Value(value) => Self::Value(value),
            Bind::Str(text) => Self::Text(text),
            Bind::Text(text) => Self::Text(text),
            Bind::I64(number) => Self::I64(*number),
            // The dialect asks for none.
            Bind::List(_) => Self::Value(&Value::Null),
        }
    }
}

impl<'b> From<&'b Value> for BindRef<'b> {
    fn from(value: &'b Value) -> Self {
        Self::Value(value)
    }
}

/// The row that a statement stands at.
pub(crate) struct CurrentRow<'d> {
    /// Null where there is no row, with no columns.
    statement: *mut ffi::sqlite3_stmt,
    columns: usize,
    of: PhantomData<&'d Database>,
}

impl CurrentRow<'_> {
    #[inline]
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// A column's value.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where there is no such column, and for text that is not UTF-8.
    #[inline(always)]
    pub(crate) fn value(&self, index: usize) -> CoreResult<ValueRef<'_>> {
        if index >= self.columns() {
            return Err(no_such_column(index, self.columns()));
        }
        // SAFETY: there is a column, so that the statement is prepared and stands at a row; `Database`
        // is borrowed, so that it stays there. What SQLite calls an unprotected value may be read like
        // any other where no mutex protects values, as here, and no other thread is in the connection.
        // A pointer that SQLite gives is valid for the length that it gives with it until the statement
        // is stepped, reset or finalized, or the column is converted: here each is read in its own
        // type, and text is converted from UTF-16, if that is what the database holds, by the first
        // call only. ASCII is UTF-8.
        unsafe {
            // One look for the column, and not one for each question about it.
            let value = ffi::sqlite3_column_value(self.statement, index as c_int);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Ok(ValueRef::I64(ffi::sqlite3_value_int64(value))),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_value_text(value);
                    if start.is_null() {
                        return Err(no_memory());
                    }
                    let text = bytes(start, ffi::sqlite3_value_bytes(value));
                    if text.is_ascii() {
                        // Most texts are short and ASCII, which is found out much faster.
                        return Ok(ValueRef::Text(std::str::from_utf8_unchecked(text)));
                    }
                    match std::str::from_utf8(text) {
                        Ok(text) => Ok(ValueRef::Text(text)),
                        Err(_) => Err(not_utf8(text)),
                    }
                }
                ffi::SQLITE_FLOAT => Ok(ValueRef::F64(ffi::sqlite3_value_double(value))),
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_value_blob(value);
                    Ok(ValueRef::Bytes(bytes(start.cast(), ffi::sqlite3_value_bytes(value))))
                }
                _ => Ok(ValueRef::Null),
            }
        }
    }

    /// A column's name; empty where there is no such column.
    pub(crate) fn name(&self, index: usize) -> &str {
        let column = match c_int::try_from(index) {
            Ok(column) if index < self.columns() => column,
            _ => return "",
        };
        // SAFETY: as in `value`; the name is valid until the statement is finalized or prepared anew,
        // or its name is asked for in UTF-16, which nobody does.
        unsafe {
            let name = ffi::sqlite3_column_name(self.statement, column);
            if name.is_null() { "" } else { CStr::from_ptr(name).to_str().unwrap_or_default() }
        }
    }
}

const UTF8: u8 = ffi::SQLITE_UTF8 as u8;

/// # Safety
///
/// `start` must be null or valid for `length` bytes for as long as the result is used.
#[inline]
unsafe fn bytes<'r>(start: *const u8, length: c_int) -> &'r [u8] {
    match usize::try_from(length) {
        // SAFETY: the caller's.
        Ok(length) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, length) },
        // An empty blob has no address.
        _ => &[],
    }
}

#[cold]
fn no_memory() -> Error {
    Error::Driver { message: "there is no memory left to convert a text".to_owned(), source: None }
}

#[cold]
fn not_utf8(bytes: &[u8]) -> Error {
    Error::decode("UTF-8 text", format_args!("{} bytes that are not UTF-8", bytes.len()))
}

/// Whether a text holds nothing but space, semicolons and comments.
fn is_blank(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|part: char| part.is_ascii_whitespace() || part == ';');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            return rest.is_empty();
        }
    }
}

extern "C" fn on_progress(context: *mut c_void) -> c_int {
    // SAFETY: the context is the `Watch` of `Database::new`, alive while the connection is open.
    let watch = unsafe { &*context.cast::<Watch>() };
    c_int::from(watch.on_progress())
}

extern "C" fn on_busy(context: *mut c_void, tries: c_int) -> c_int {
    // SAFETY: as in `on_progress`.
    let watch = unsafe { &*context.cast::<Watch>() };
    c_int::from(watch.on_busy(tries))
}

extern "C" fn on_wal(context: *mut c_void, _: *mut ffi::sqlite3, _: *const c_char, pages: c_int) -> c_int {
    // SAFETY: as in `on_progress`.
    let watch = unsafe { &*context.cast::<Watch>() };
    watch.on_wal(pages);
    ffi::SQLITE_OK
}
