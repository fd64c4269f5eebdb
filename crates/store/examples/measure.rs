use model::*; use store::*; use std::time::Instant as Clock;
fn val(n: u64, v: i64) -> Effect {
    let mut a = Attribute::new(Name::known("https://uri.etsi.org/ngsi-ld/default-context/no2"), Value::Property(Json::Number(Number::parse(&format!("{}.{}", v/10, v%10)).unwrap()))).observed(Instant::from_seconds(1790000000 + v));
    a.unit = Some(UnitCode::new("GQ")); a.created_at = Instant::from_seconds(1790000000); a.modified_at = Instant::from_seconds(1790000000+v);
    Effect { entity: Iri::parse(&format!("urn:ngsi-ld:AirQualityObserved:station-{n}")).unwrap(), subject: None, change: Change::AttributeSet { attribute: a, class: Class::Open, origin: Some(Origin{run:1, record: n}) } }
}
fn main() {
    let dir = std::env::args().nth(1).unwrap(); let total: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let store = Store::open(std::path::Path::new(&dir), Config::default()).unwrap();
    let ctx = TenantContext::new(&DoorKey::cut(), TenantId::parse("t").unwrap());
    let t = store.create_tenant(&ctx).or_else(|_| store.tenant(&ctx)).unwrap();
    for batch in [1usize, 64, 256] {
        let mut seq = t.last_header().unwrap().map_or(0, |h| h.seq);
        let n = if batch == 1 { total / 50 } else { total };
        let clock = Clock::now(); let mut done = 0;
        while done < n {
            let commits: Vec<Commit> = (0..batch as u64).map(|i| { Commit { header: Header { seq: seq+1+i, at: Instant::from_seconds(1790000000), actor: "token:sensor".into(), purpose: None, run: None }, effects: vec![val((seq+i)%1000, ((seq+i)*7%500) as i64)] } }).collect();
            t.append(&commits).unwrap(); seq += batch as u64; done += batch as u64;
        }
        println!("append batch {batch}: {:.0} commits/s", done as f64 / clock.elapsed().as_secs_f64());
    }
    let last = t.last_header().unwrap().unwrap().seq;
    let clock = Clock::now(); let mut after = 0; let mut n = 0;
    loop { let c = t.read_log(after, 10_000).unwrap(); if c.is_empty() { break } after = c.last().unwrap().header.seq; n += c.len(); }
    println!("read_log {n}: {:.0}/s", n as f64 / clock.elapsed().as_secs_f64());
    let clock = Clock::now(); t.verify_chain().unwrap(); println!("verify_chain {:.0}/s", n as f64 / clock.elapsed().as_secs_f64());
    let big: Vec<Commit> = (0..100).map(|b| Commit { header: Header { seq: last+1+b, at: Instant::from_seconds(1790000000), actor: "token:sensor".into(), purpose: None, run: None }, effects: (0..1000).map(|i| val(i, (b as i64 * 1000 + i as i64*7) % 500)).collect() }).collect();
    let clock = Clock::now(); for c in &big { t.append(std::slice::from_ref(c)).unwrap(); } println!("append 1000-effect commits: {:.0} effects/s", 100_000.0 / clock.elapsed().as_secs_f64());
    let entities: Vec<Entity> = (0..total).map(|n| { let mut e = Entity::new(Iri::parse(&format!("urn:ngsi-ld:AirQualityObserved:station-{n}")).unwrap(), Name::known("https://x.org/AirQualityObserved")); for k in ["no2","pm10","pm25","o3","co"] { let Change::AttributeSet{attribute, ..} = val(n, (n % 500) as i64).change else { unreachable!() }; e.attributes.push(Attribute { name: Name::intern(&format!("https://x.org/{k}")).unwrap(), ..attribute }); } e }).collect();
    let clock = Clock::now(); t.write_snapshot(last, &mut entities.iter()).unwrap(); println!("write_snapshot {total} entities: {:.2}s", clock.elapsed().as_secs_f64());
    drop(entities);
    let clock = Clock::now(); let s = t.load_snapshot().unwrap().unwrap(); println!("load_snapshot {}: {:.2}s", s.entities.len(), clock.elapsed().as_secs_f64());
    let clock = Clock::now(); let i = t.begin_seal(&[]).unwrap(); t.finish_seal(i, &[], &[], last).unwrap(); println!("seal (drop {last} payloads): {:.2}s", clock.elapsed().as_secs_f64());
    let data = vec![7u8; 64<<20]; let clock = Clock::now(); t.put_file(&mut &data[..]).unwrap(); println!("put_file {:.0} MiB/s", 64.0/clock.elapsed().as_secs_f64());
    let _ = std::process::Command::new("sh").arg("-c").arg(format!("ls -la {dir}/tenants/t {dir}/tenants/t/snapshots")).status();
}
