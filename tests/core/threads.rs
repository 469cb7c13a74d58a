//! A server shares these values between threads.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use countersign::chain::dev_token::Renewed;
use countersign::exchange::cache::Cache;
use countersign::exchange::{Credential, Exchange};
use countersign::flow::{Pending, Step};
use countersign::issuer::{Fetched, Keys, Profile, Verifier};
use countersign::jose::{Jwk, Jwks, Scratch};
use countersign::jwt::Policy;
use countersign::{Error, crypto};

use crate::issuer::{FIRST, at, claims, jwks, policy};

const fn is_shared<T: Send + Sync + 'static>() {}

const _: () = {
    is_shared::<Error>();
    is_shared::<Jwk>();
    is_shared::<Jwks>();
    is_shared::<Policy>();
    is_shared::<Scratch>();
    is_shared::<Verifier>();
    is_shared::<Exchange>();
    is_shared::<Cache>();
    is_shared::<Credential>();
    is_shared::<crypto::KeyVerifier>();
    is_shared::<Step<Credential>>();
    is_shared::<Step<Fetched>>();
    is_shared::<Step<Renewed>>();
    is_shared::<Pending<Credential>>();
};

#[test]
fn threads_verify_with_one_verifier() {
    let keys = Keys::InHand(jwks(&[FIRST.jwk()]));
    let verifier = Arc::new(Verifier::new(policy(), Profile::Vercel, keys).expect("a verifier"));
    let (send, receive) = mpsc::channel();
    for _ in 0..4 {
        let (verifier, send) = (Arc::clone(&verifier), send.clone());
        thread::spawn(move || {
            let token = FIRST.sign(&claims());
            let mut scratch = Scratch::default();
            let accepted = verifier.verify(token.as_bytes(), at(1), at(1), &mut scratch).result.is_ok();
            send.send(accepted).expect("a receiver");
        });
    }
    drop(send);
    assert_eq!(receive.iter().collect::<Vec<_>>(), [true; 4]);
}
