//! The envelope of personal values: ciphertext under a key of the subject, in
//! memory, log, snapshots and history alike. A blind index finds equal values.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use model::{Attribute, EntityId, Sealed, Value};
use sha2::Sha256;
use store::TenantStore;

use crate::Error;

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

    /// Replaces the value of a personal attribute by its ciphertext; answers
    /// the keyed hash of the person, which is the entity unless declared
    /// otherwise. The key is durable before its first use.
    pub(crate) fn seal(&self, id: &EntityId, attribute: &mut Attribute) -> Result<[u8; 32], Error> {
        let subject = keyed_hash(&self.subject_key, &[id.as_str().as_bytes()]);
        if matches!(attribute.value, Value::Sealed(_)) {
            return Ok(subject);
        }
        let plain = store::codec::encode_value(&attribute.value)?;
        let (key, secret) =
            self.store.subject_key(&subject, true)?.ok_or_else(|| Error::internal("the key of a person could not be made"))?;
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(|error| Error::internal(format!("the system gives no random numbers: {error}")))?;
        let payload = Payload { msg: &plain, aad: attribute.name.iri().as_bytes() };
        let sealed = XChaCha20Poly1305::new(&secret.into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::internal("a personal value could not be encrypted"))?;
        let mut ciphertext = nonce.to_vec();
        ciphertext.extend(sealed);
        attribute.value = Value::Sealed(Box::new(Sealed { key, ciphertext, blind: self.blind(attribute.name.iri(), &plain) }));
        Ok(subject)
    }

    /// The value in an envelope; `None` when its key was destroyed. Who asks
    /// has asked policy for the purpose.
    pub(crate) fn open_value(&self, attribute: &Attribute) -> Result<Option<Value>, Error> {
        let Value::Sealed(sealed) = &attribute.value else { return Ok(Some(attribute.value.clone())) };
        let Some(secret) = self.store.key_by_id(sealed.key)? else { return Ok(None) };
        let damaged = || Error::internal("a personal value cannot be opened: its ciphertext is damaged");
        let (nonce, msg) = sealed.ciphertext.split_first_chunk::<24>().ok_or_else(damaged)?;
        let payload = Payload { msg, aad: attribute.name.iri().as_bytes() };
        let plain = XChaCha20Poly1305::new(&secret.into()).decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        Ok(Some(store::codec::decode_value(&plain)?))
    }

    /// Destroys the key of a person: what is kept under it, in memory, log,
    /// snapshots and history, can never be opened again.
    pub(crate) fn forget(&self, id: &EntityId) -> Result<(), Error> {
        self.store.destroy_subject_key(&keyed_hash(&self.subject_key, &[id.as_str().as_bytes()]))?;
        Ok(())
    }

    /// Whether two instances say the same, one of them perhaps sealed.
    pub(crate) fn says_the_same(&self, there: &Attribute, sent: &Attribute) -> bool {
        match (&there.value, &sent.value) {
            (Value::Sealed(sealed), plain) if !matches!(plain, Value::Sealed(_)) => {
                let blind = store::codec::encode_value(plain).map(|bytes| self.blind(sent.name.iri(), &bytes));
                blind.is_ok_and(|blind| blind == sealed.blind)
                    && there.says_the_same(&Attribute { value: there.value.clone(), ..sent.clone() })
            }
            _ => there.says_the_same(sent),
        }
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
