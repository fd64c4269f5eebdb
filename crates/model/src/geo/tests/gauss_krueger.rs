//! Gauß-Krüger against the published test points of BeTA2007: Bundesamt für
//! Kartographie und Geodäsie, `BETA2007testdaten.csv`.

use super::super::{Crs, CrsError, Position};

/// DHDN in a zone, and what the official transformation makes of it in ETRS89 / UTM.
const POINTS: &[(Crs, [f64; 2], Crs, [f64; 2])] = &[
    (Crs::Epsg31466, [2_598_417.333_192, 5_930_677.980_308], Crs::Epsg25832, [399_340.601_863, 5_928_794.177_992]),
    (Crs::Epsg31466, [2_643_120.946_052, 5_551_463.861_308], Crs::Epsg25832, [428_391.209_209, 5_548_246.766_868]),
    (Crs::Epsg31466, [2_661_073.960_381, 6_067_930.993_896], Crs::Epsg25832, [467_726.896_146, 6_063_191.974_102]),
    (Crs::Epsg31466, [2_615_145.447_136, 5_281_966.148_083], Crs::Epsg25832, [389_829.267_589, 5_280_195.601_333]),
    (Crs::Epsg31467, [3_597_874.421_966, 5_411_397.512_092], Crs::Epsg25832, [597_759.898_637, 5_409_672.239_612]),
    (Crs::Epsg31467, [3_428_437.612_810, 5_550_026.645_035], Crs::Epsg25832, [428_391.209_209, 5_548_246.766_869]),
    (Crs::Epsg31467, [3_571_307.006_323, 5_655_705.338_031], Crs::Epsg25832, [571_204.563_344, 5_653_882.476_948]),
    (Crs::Epsg31467, [3_602_255.364_740, 5_504_172.212_483], Crs::Epsg25833, [169_220.450_101, 5_511_545.700_292]),
    (Crs::Epsg31467, [3_389_860.774_004, 5_281_869.239_226], Crs::Epsg25832, [389_829.267_590, 5_280_195.601_333]),
    (Crs::Epsg31468, [4_400_271.505_998, 6_023_480.198_072], Crs::Epsg25832, [595_286.044_399, 6_021_417.376_972]),
    (Crs::Epsg31468, [4_596_699.814_954, 5_960_328.296_681], Crs::Epsg25833, [398_811.452_821, 5_958_481.617_326]),
    (Crs::Epsg31468, [4_571_363.304_563, 5_279_411.440_581], Crs::Epsg25833, [345_930.907_036, 5_279_345.459_526]),
    (Crs::Epsg31469, [5_398_905.047_545, 5_960_421.130_827], Crs::Epsg25833, [398_811.452_821, 5_958_481.617_326]),
    (Crs::Epsg31469, [5_401_685.729_154, 5_769_283.220_752], Crs::Epsg25833, [401_589.388_272, 5_767_420.751_372]),
    (Crs::Epsg31469, [5_363_615.032_963, 5_438_164.610_427], Crs::Epsg25833, [363_531.446_506, 5_436_436.282_581]),
    (Crs::Epsg31469, [5_346_007.854_521, 5_281_010.564_511], Crs::Epsg25833, [345_930.907_036, 5_279_345.459_525]),
];

#[test]
fn agrees_with_the_official_transformation_to_a_millimetre() {
    for (zone, [east, north], utm, [x, y]) in POINTS {
        let place = zone.to_wgs84(*east, *north).expect("inside the zone");
        let (got_x, got_y) = utm.from_wgs84(&place).expect("inside the zone");
        assert!((got_x - x).hypot(got_y - y) <= 0.001, "{zone:?} {east} {north}: {got_x:.4} {got_y:.4} instead of {x} {y}");
        let (back_east, back_north) = zone.from_wgs84(&place).expect("inside the zone");
        assert!(
            (back_east - east).hypot(back_north - north) <= 0.001,
            "{zone:?}: {back_east:.4} {back_north:.4} instead of {east} {north}"
        );
    }
}

#[test]
fn gives_the_published_degrees() {
    // The test points' own degrees: DE_DHDN 8° E 50°05′ N in zone 3, and its ETRS89.
    let place = Crs::Epsg31467.to_wgs84(3_428_437.612_810, 5_550_026.645_035).expect("inside the zone");
    assert!((place.lon - 7.999_097_344_043).abs() < 1e-8 && (place.lat - 50.082_172_046_476).abs() < 1e-8, "{place:?}");
}

#[test]
fn coordinates_outside_a_zone_say_what_would_fit() {
    let message = |crs: Crs, x: f64, y: f64| crs.to_wgs84(x, y).expect_err("outside").to_string();
    let zone_4 = message(Crs::Epsg31467, 4_400_271.5, 6_023_480.2);
    assert_eq!(
        zone_4,
        "the coordinates (4400271.5, 6023480.2) lie outside EPSG:31467: \
         expected easting 3,250,000…3,750,000 m and northing 5,200,000…6,150,000 m, within Germany"
    );
    assert!(matches!(Crs::Epsg31467.to_wgs84(5_550_026.6, 3_428_437.6), Err(CrsError::Swapped { .. })));
    // Without the zone's number in front, and in the rectangle but outside the grid (Luxembourg's west, 5.3° E).
    assert!(matches!(Crs::Epsg31467.to_wgs84(428_437.6, 5_550_026.6), Err(CrsError::OutOfRange { .. })));
    assert!(matches!(Crs::Epsg31466.to_wgs84(2_450_000.0, 5_500_000.0), Err(CrsError::OutOfRange { .. })));
    assert!(Crs::Epsg31469.from_wgs84(&Position::new(2.3, 48.9)).is_err());
}

#[test]
fn zones_are_found_by_their_codes() {
    for code in ["EPSG:31466", "31467", "urn:ogc:def:crs:EPSG::31468", "http://www.opengis.net/def/crs/EPSG/0/31469"] {
        assert!(Crs::find(code).expect(code).code().starts_with("EPSG:3146"));
    }
    assert!(Crs::find("EPSG:31470").expect_err("no zone 6").to_string().ends_with("EPSG:3857 and EPSG:31466 to EPSG:31469"));
}
