use atlas::prelude::*;
use std::time::Duration;

pub struct Seconds;

#[derive(Model)]
pub struct Song {
    pub id: i64,
    #[cast(with = Seconds)]
    pub length: Duration,
}

fn main() {}
