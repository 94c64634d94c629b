//! Keys of two columns.

use atlas::{Error, prelude::*};

use super::{counted, listed};
use crate::support::databases;

#[derive(Model, Debug)]
pub struct Account {
    #[primary_key(manual)]
    pub org_id: i64,
    #[primary_key(manual)]
    pub number: i32,
    pub name: String,
    #[has_many(foreign_key = (org_id, account_number))]
    pub invoices: HasMany<Invoice>,
    #[has_one(foreign_key = (org_id, account_number), latest)]
    pub last_invoice: HasOne<Invoice>,
    #[belongs_to_many(foreign_key = (org_id, account_number), related_key = label)]
    pub labels: BelongsToMany<Label, AccountLabel>,
    #[belongs_to_many(pivot = "account_labels", foreign_key = (org_id, account_number), related_key = label)]
    pub plain_labels: BelongsToMany<Label>,
    #[has_many_through(
        through = Invoice,
        foreign_key = (org_id, account_number),
        through_foreign_key = invoice_id,
    )]
    pub lines: HasManyThrough<Line>,
}

#[derive(Model, Debug)]
pub struct Invoice {
    pub id: i64,
    pub org_id: i64,
    pub account_number: Option<i32>,
    #[belongs_to(foreign_key = (org_id, account_number), owner_key = (org_id, number))]
    pub account: BelongsTo<Account>,
}

#[derive(Model, Debug)]
pub struct Line {
    pub id: i64,
    pub invoice_id: i64,
}

#[derive(Model, Debug)]
pub struct Label {
    pub id: i64,
    pub text: String,
}

#[derive(Model, Debug)]
pub struct AccountLabel {
    #[primary_key(manual)]
    pub org_id: i64,
    #[primary_key(manual)]
    pub account_number: i32,
    #[primary_key(manual)]
    pub label: i64,
}

#[tokio::test]
async fn keys_of_several_columns() {
    for db in databases().await {
        db.create_tables(models![Account, Invoice, Line, Label, AccountLabel]).await.unwrap();
        for (org, number, name) in [(1, 1, "1/1"), (1, 2, "1/2"), (2, 1, "2/1")] {
            Account::draft().org_id(org).number(number).name(name).save(&db).await.unwrap();
        }
        for (org, number) in [(1, Some(1)), (1, Some(1)), (2, Some(1)), (2, None)] {
            let invoice = Invoice::draft().org_id(org).account_number(number).save(&db).await.unwrap();
            Line::draft().invoice_id(invoice.id).save(&db).await.unwrap();
        }
        Label::insert(&db, ["late", "new"].map(|text| Label::draft().text(text))).await.unwrap();
        for (org, number, label) in [(1, 1, 2), (1, 2, 1), (2, 1, 1)] {
            let label = AccountLabel::draft().org_id(org).account_number(number).label(label);
            label.save(&db).await.unwrap();
        }
        let lines = Account::lines.order_by(Line::id.asc());
        let all = (Account::invoices, Account::last_invoice, Account::labels, Account::plain_labels, lines);
        let query = Account::query().with(all).order_by(Account::org_id).order_by(Account::number);
        let (accounts, statements) = counted(&db, query.get(&db)).await;
        assert_eq!(statements, 6);
        let found: Vec<_> = accounts
            .iter()
            .map(|account| {
                let labels = listed(account.labels.get().unwrap(), |label| &label.text);
                assert_eq!(labels, listed(account.plain_labels.get().unwrap(), |label| &label.text));
                let lines: Vec<_> = account.lines.get().unwrap().iter().map(|line| line.id).collect();
                let last = account.last_invoice.get().unwrap().map_or(0, |invoice| invoice.id);
                (account.invoices.get().unwrap().len(), last, labels, lines)
            })
            .collect();
        assert_eq!(
            found,
            [(2, 2, "new".into(), vec![1, 2]), (0, 0, "late".into(), vec![]), (1, 3, "late".into(), vec![3])]
        );
        let invoices = Invoice::query().with(Invoice::account).order_by(Invoice::id.asc());
        let (invoices, statements) = counted(&db, invoices.get(&db)).await;
        assert_eq!(statements, 2);
        let account = |invoice: &Record<Invoice>| {
            invoice.account.get().unwrap().map(|account| account.name.clone()).unwrap_or_default()
        };
        assert_eq!(invoices.iter().map(account).collect::<Vec<_>>(), ["1/1", "1/1", "2/1", ""]);
        let wrong = Invoice::draft().org_id(9).account_number(9).save(&db).await.unwrap_err();
        assert!(matches!(wrong, Error::Constraint { .. }), "{wrong:?}");
    }
}
