//! Random numbers, from a seed that a failed test shows.

use std::hash::{BuildHasher, RandomState};

/// A source of numbers, quick and good enough for tests.
pub struct Random(u64);

impl Random {
    /// One with a seed of its own, which is printed.
    pub fn seeded() -> Self {
        let seed = RandomState::new().hash_one(0) | 1;
        println!("the random seed is {seed}");
        Self(seed)
    }

    /// Another one, for another task.
    pub fn branch(&mut self) -> Self {
        Self(self.next() | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    /// So many different numbers from 1 to `limit`, in any order.
    pub fn some_of(&mut self, count: usize, limit: u64) -> Vec<i64> {
        let mut some: Vec<i64> = Vec::new();
        while some.len() < count {
            let one = 1 + self.below(limit) as i64;
            if !some.contains(&one) {
                some.push(one);
            }
        }
        some
    }
}
