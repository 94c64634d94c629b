use atlas::prelude::*;

#[derive(Model)]
pub struct Account {
    #[primary_key]
    pub org_id: i64,
    #[primary_key]
    pub number: i32,
    #[has_many]
    pub invoices: HasMany<Invoice>,
}

#[derive(Model)]
pub struct Invoice {
    pub id: i64,
    pub org_id: i64,
    pub account_number: i32,
    #[belongs_to(foreign_key = (org_id, account_number))]
    pub account: BelongsTo<Account>,
}

fn main() {}
