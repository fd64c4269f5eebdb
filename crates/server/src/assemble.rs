//! Puts the parts together. Nobody imports this file; what several parts need lives below.

mod texts;
mod workshop;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use catalogue::Catalogue;
use model::TenantId;
use web::{Auth, Kit, Metrics};

use crate::authenticate::EngineAuthenticator;
use crate::config::Config;
use crate::operate::{self, Operate};
use crate::operator::Operator;
use workshop::IngestWorkshop;

/// Everything that answers, behind the HTTP kit. `url` is where people reach it.
///
/// # Errors
/// When the public address cannot be used in identifiers.
pub(crate) fn router(operator: &Arc<Operator>, url: &str, stopping: &Arc<AtomicBool>) -> anyhow::Result<(Router, Arc<Metrics>)> {
    let (engine, ingest, config) = (operator.engine(), operator.ingest(), operator.config());
    let auth = Auth::new(Arc::new(EngineAuthenticator::new(engine.clone(), &config.tenant)), url.starts_with("https://"))
        .with_hosts(config.hosts());
    let kit = Kit { log: config.log.requests, ..Kit::new(auth) };
    let metrics = Arc::clone(&kit.metrics);
    let workshop = Arc::new(IngestWorkshop::new(ingest.clone()));
    let own = |tenant: &TenantId| (config.of_tenant(tenant), config.url_of_tenant(tenant, url));
    let sites = of_each(config, |tenant| pages_site(&own(tenant).0, &own(tenant).1))?;
    let pages = portal::State::new(engine.clone(), pages_site(config, url)?, sites, workshop);
    let sites = of_each(config, |tenant| catalogue_site(&own(tenant).0, &own(tenant).1))?;
    let catalogue = Catalogue::new(engine.clone(), catalogue_site(config, url)?).with_sites(sites);
    let operate = Operate {
        operator: Arc::clone(operator),
        metrics: Arc::clone(&metrics),
        stopping: Arc::clone(stopping),
        metrics_token: config.metrics_token.clone(),
    };
    let interfaces = catalogue::attach(ngsi_ld::router(engine.clone()), catalogue.clone());
    let all = catalogue::attach(portal::router(pages.with_interfaces(interfaces)), catalogue)
        .merge(ngsi_ld::router(engine.clone()))
        .merge(ingest::router(ingest.clone()))
        .merge(operate::router(operate));
    Ok((kit.wrap(all), metrics))
}

/// Something for each tenant that has settings of its own.
fn of_each<T>(config: &Config, make: impl Fn(&TenantId) -> anyhow::Result<T>) -> anyhow::Result<HashMap<TenantId, T>> {
    config.tenants.keys().map(|tenant| Ok((tenant.clone(), make(tenant)?))).collect()
}

/// The municipality as the pages show it.
fn pages_site(config: &Config, url: &str) -> anyhow::Result<portal::Site> {
    let own = &config.municipality;
    let both = |german: String, english: String| model::dataset::Texts { de: german.into(), en: Some(english.into()) };
    Ok(portal::Site {
        owner: own.name.clone(),
        name: both(format!("Datenportal {}", own.name), format!("Data portal of {}", own.name)),
        public_url: Some(url.to_owned()),
        email: own.email.clone().unwrap_or_default(),
        imprint: own.imprint.clone(),
        notice: own.notice.as_ref().map(|notice| model::dataset::Texts { de: notice.as_str().into(), en: None }),
        texts: texts::read(config)?,
        reports_kept_days: config.reports.kept_days,
    })
}

/// The municipality as harvesters see it.
pub(crate) fn catalogue_site(config: &Config, url: &str) -> anyhow::Result<catalogue::Site> {
    let own = &config.municipality;
    let mut site = catalogue::Site::new(url, &own.name)?;
    if let Some(earlier) = &config.identifier_url {
        site = site.with_identifiers_of(earlier)?;
    }
    if let Some(homepage) = &own.homepage {
        site.publisher.homepage = Some(homepage.as_str().into());
    }
    site.contributor = own.contributor.as_deref().map(Into::into);
    Ok(site)
}
