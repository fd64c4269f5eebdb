//! Values of the past carried away as one table.

use anyhow::anyhow;
use engine::transfer::{HistoryForm, HistoryOrder};
use model::{EntityId, Instant, TimeWindow};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Operator, transfer};
use crate::control::{Asker, HistoryRequest};
use crate::fail;
use crate::messages::say;

impl Operator {
    /// Gives values of the past to whoever asked, as of one moment.
    pub(super) async fn export_history(&self, asked: HistoryRequest, asker: &dyn Asker) -> anyhow::Result<Value> {
        let access = self.access_to(asked.tenant.as_deref())?;
        let order = order(asked)?;
        let ((send, steps), pieces) = (mpsc::unbounded_channel(), asker.takes());
        let give = move |piece| pieces.blocking_send(piece).is_ok();
        let work = tokio::spawn(async move { access.export_history(order, give, move |step| _ = send.send(step)).await });
        transfer::tell(steps, &|text| asker.hears(text)).await;
        let report = work.await?.map_err(|error| anyhow!(fail::words(&error)))?;
        Ok(json!({ "values": report.values, "things": report.things, "personal": report.personal, "erased": report.erased }))
    }
}

fn order(asked: HistoryRequest) -> anyhow::Result<HistoryOrder> {
    let id = |text: &String| EntityId::parse(text).map_err(|_| anyhow!(say("history.no-id", &[("id", text)])));
    let form = HistoryForm::ALL.into_iter().find(|form| form.word() == asked.form);
    Ok(HistoryOrder {
        dataset: asked.dataset,
        entities: asked.entities.iter().map(id).collect::<anyhow::Result<_>>()?,
        entity_type: asked.entity_type,
        attributes: asked.attributes,
        window: TimeWindow { start: Instant::from_micros(asked.window.0), end: Instant::from_micros(asked.window.1) },
        versions: asked.versions,
        personal: asked.personal,
        form: form.ok_or_else(|| anyhow!(say("history.no-form", &[])))?,
    })
}
