//! The envelope of personal values: ciphertext under a key of the subject, in
//! memory, log, snapshots and history alike. It holds the value with all its
//! sub-attributes; name, `datasetId`, unit, `observedAt` and the end of life
//! stay outside, because order and expiry need them without the key
//! (`docs/adr/0004-personal-values-are-ciphertext-in-memory.md`). A blind
//! index finds equal values.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use model::{Attribute, EntityId, Sealed, Value};
use sha2::Sha256;
use store::TenantStore;
use store::codec::{decode_content, encode_content};

use crate::Error;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// Seals values of a tenant.
pub(crate) struct Envelope {
    store: TenantStore,
    subject_key: [u8; 32],
    blind_key: [u8; 32],
}

impl Envelope {
    pub(crate) fn open(store: TenantStore) -> Result<Self, Error> {
        let subject_key = store.tenant_key("subject-hmac")?;
        let blind_key = store.tenant_key("blind-index")?;
        Ok(Self { store, subject_key, blind_key })
    }

    /// Replaces value and sub-attributes of a personal attribute by one
    /// ciphertext; answers the keyed hash of the person, which is the entity
    /// unless declared otherwise. The key is durable before its first use.
    pub(crate) fn seal(&self, id: &EntityId, attribute: &mut Attribute) -> Result<[u8; 32], Error> {
        let subject = self.subject(id);
        if matches!(attribute.value, Value::Sealed(_)) {
            return Ok(subject);
        }
        let blind = self.blind(attribute.name.iri(), &encode_content(&attribute.value, &[])?);
        let plain = encode_content(&attribute.value, &attribute.sub)?;
        let (key, secret) =
            self.store.subject_key(&subject, true)?.ok_or_else(|| Error::internal("the key of a person could not be made"))?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| Error::internal(format!("the system gives no random numbers: {error}")))?;
        let payload = Payload { msg: &plain, aad: attribute.name.iri().as_bytes() };
        let sealed = XChaCha20Poly1305::new(&secret.into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::internal("a personal value could not be encrypted"))?;
        let mut ciphertext = nonce.to_vec();
        ciphertext.extend(sealed);
        attribute.value = Value::Sealed(Box::new(Sealed { key, ciphertext, blind }));
        attribute.sub.clear();
        Ok(subject)
    }

    /// The attribute with what its envelope holds; `None` when the key was
    /// destroyed. Who asks has asked policy for the purpose.
    pub(crate) fn opened(&self, attribute: &Attribute) -> Result<Option<Attribute>, Error> {
        let Value::Sealed(sealed) = &attribute.value else { return Ok(Some(attribute.clone())) };
        let Some(secret) = self.store.key_by_id(sealed.key)? else { return Ok(None) };
        let damaged = || Error::internal("a personal value cannot be opened: its ciphertext is damaged");
        let (nonce, msg) = sealed.ciphertext.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg, aad: attribute.name.iri().as_bytes() };
        let plain = XChaCha20Poly1305::new(&secret.into()).decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        let (value, sub) = decode_content(&plain)?;
        Ok(Some(Attribute { value, sub, ..attribute.clone() }))
    }

    /// Destroys the key of a person: what is kept under it, in memory, log,
    /// snapshots and history, can never be opened again.
    pub(crate) fn forget(&self, id: &EntityId) -> Result<(), Error> {
        self.store.destroy_subject_key(&self.subject(id))?;
        Ok(())
    }

    /// The keyed hash of a person, who is the entity unless declared otherwise.
    pub(crate) fn subject(&self, id: &EntityId) -> [u8; 32] {
        keyed_hash(&self.subject_key, &[id.as_str().as_bytes()])
    }

    /// Whether two instances say the same, one of them perhaps sealed.
    pub(crate) fn says_the_same(&self, there: &Attribute, sent: &Attribute) -> bool {
        let Value::Sealed(sealed) = &there.value else { return there.says_the_same(sent) };
        let Ok(plain) = encode_content(&sent.value, &[]) else { return false };
        if sealed.blind != self.blind(sent.name.iri(), &plain) {
            return false;
        }
        // The length tells whether there are sub-attributes: most have none and need no key.
        if sealed.ciphertext.len() == NONCE_BYTES + plain.len() + TAG_BYTES {
            return Attribute { value: sent.value.clone(), ..there.clone() }.says_the_same(sent);
        }
        self.opened(there).is_ok_and(|opened| opened.is_some_and(|opened| opened.says_the_same(sent)))
    }

    fn blind(&self, name: &str, plain: &[u8]) -> [u8; 32] {
        keyed_hash(&self.blind_key, &[name.as_bytes(), b"\0", plain])
    }
}

fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
