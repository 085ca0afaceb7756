use super::*;
use crate::metadata::Group;

/// A tag of `group:name=value`, `group:name=value|printed`, `-group:name=value` for one of low priority. `n/d` is a rational.
fn tag(spec: &str) -> Tag {
    let (priority, spec) = spec.strip_prefix('-').map_or((Priority::Normal, spec), |rest| (Priority::Low, rest));
    let (place, rest) = spec.split_once(':').unwrap();
    let (name, rest) = rest.split_once('=').unwrap();
    let (value, print) = rest.split_once('|').map_or((rest, None), |(v, p)| (v, Some(p)));
    let rational = || {
        let (n, d) = value.split_once('/')?;
        Some(Value::Rational(n.parse().ok()?, d.parse().ok()?))
    };
    let number = || value.parse().map(Value::Int).ok().or_else(|| value.parse().map(Value::Float).ok());
    let kind = match place {
        "IFD0" | "ExifIFD" | "GPS" => "exif",
        "IPTC" => "iptc",
        "File" => "File",
        "QuickTime" | "UserData" | "Track1" | "Track2" => "quicktime",
        p if p.starts_with("XMP") => "xmp",
        _ => "makernotes",
    };
    let value = rational().or_else(number).unwrap_or_else(|| value.into());
    let tag = Tag::new(Group { kind, place: place.into() }, name, value).priority(priority);
    match print {
        Some(p) => tag.print(p.to_owned()),
        None => tag,
    }
}

/// Tags that are there, and what is derived from them, as printed; `""`: nothing of that name.
type Case = (&'static [&'static str], &'static [(&'static str, &'static str)]);

fn check(cases: &[Case]) {
    for (tags, want) in cases {
        let mut metadata = Metadata { tags: tags.iter().map(|t| tag(t)).collect(), warnings: vec![] };
        derive(&mut metadata);
        for (name, printed) in *want {
            let got = metadata.get_in("Composite", name).map(|t| t.printed().into_owned()).unwrap_or_default();
            assert_eq!(got, *printed, "{name} of {tags:?}");
        }
    }
}

#[test]
fn sizes() {
    check(&[
        (&["File:ImageWidth=640", "File:ImageHeight=480"], &[("ImageSize", "640x480"), ("Megapixels", "0.307")]),
        (&["File:ImageWidth=1", "File:ImageHeight=1"], &[("Megapixels", "0.000001")]),
        (&["File:ImageWidth=6000", "File:ImageHeight=4000"], &[("Megapixels", "24.0")]),
        (&["File:ImageWidth=640"], &[("ImageSize", ""), ("Megapixels", "")]),
        // A raw file's first directory describes a preview.
        (
            &[
                "File:FileType=CR2",
                "IFD0:ImageWidth=600",
                "IFD0:ImageHeight=400",
                "ExifIFD:ExifImageWidth=6000",
                "ExifIFD:ExifImageHeight=4000",
            ],
            &[("ImageSize", "6000x4000")],
        ),
    ]);
}

#[test]
fn exposure() {
    check(&[
        (
            &["ExifIFD:FNumber=28/10", "ExifIFD:ExposureTime=1/250", "ExifIFD:ISO=100"],
            &[("Aperture", "2.8"), ("ShutterSpeed", "1/250"), ("LightValue", "10.9")],
        ),
        (&["ExifIFD:ApertureValue=0.95", "ExifIFD:ShutterSpeedValue=2"], &[("Aperture", "0.95"), ("ShutterSpeed", "2")]),
        // A maker's ISO is a code; it counts as printed.
        (&["ExifIFD:FNumber=13", "ExifIFD:ExposureTime=1/100", "Pentax:ISO=6|100"], &[("LightValue", "14.0")]),
        // Canon's own, where Exif has none.
        (&["Canon:BaseISO=50", "Canon:AutoISO=200", "Canon:CameraISO=Auto"], &[("ISO", "100")]),
        (&["ExifIFD:FNumber=0/0"], &[("Aperture", "")]),
    ]);
}

#[test]
fn optics() {
    check(&[
        // A Nikon at 200 mm, focused on two metres.
        (
            &[
                "ExifIFD:FocalLength=200",
                "ExifIFD:FocalLengthIn35mmFormat=200",
                "ExifIFD:FNumber=8",
                "Nikon:FocusDistance=1.99526231496888",
            ],
            &[
                ("ScaleFactor35efl", "1.0"),
                ("FocalLength35efl", "200.0 mm (35 mm equivalent: 200.0 mm)"),
                ("CircleOfConfusion", "0.030 mm"),
                ("DOF", "0.04 m (1.97 - 2.02 m)"),
                ("FOV", "9.3 deg (0.32 m)"),
                ("HyperfocalDistance", "166.41 m"),
            ],
        ),
        // Canon: thousandths of an inch stand in the density's denominators, whatever the picture's size.
        (
            &[
                "IFD0:Make=Canon",
                "ExifIFD:FocalLength=95",
                "ExifIFD:ExifImageWidth=350",
                "ExifIFD:ExifImageHeight=233",
                "ExifIFD:FocalPlaneXResolution=3504000/885",
                "ExifIFD:FocalPlaneYResolution=2336000/590",
            ],
            &[("FocalLength35efl", "95.0 mm (35 mm equivalent: 152.1 mm)")],
        ),
        (
            &[
                "IFD0:Make=Acme",
                "ExifIFD:FocalLength=10",
                "ExifIFD:ExifImageWidth=2000",
                "ExifIFD:ExifImageHeight=1500",
                "ExifIFD:FocalPlaneXResolution=2500",
                "ExifIFD:FocalPlaneYResolution=2500",
                "ExifIFD:FocalPlaneResolutionUnit=3",
            ],
            &[("ScaleFactor35efl", "4.3")],
        ),
        // One density serves for both directions; the focal length is not needed.
        (
            &["ExifIFD:FocalPlaneXResolution=4000", "ExifIFD:ExifImageWidth=6000", "ExifIFD:ExifImageHeight=4000"],
            &[("ScaleFactor35efl", "0.9"), ("FOV", "")],
        ),
        // A panorama does not show the sensor's size; another size may.
        (
            &["ExifIFD:FocalPlaneXResolution=4000", "ExifIFD:ExifImageWidth=6000", "ExifIFD:ExifImageHeight=3000"],
            &[("ScaleFactor35efl", "")],
        ),
        (
            &[
                "ExifIFD:FocalPlaneXResolution=4000",
                "ExifIFD:ExifImageWidth=3000",
                "ExifIFD:ExifImageHeight=6000",
                "Canon:CanonImageWidth=3000",
                "Canon:CanonImageHeight=2000",
            ],
            &[("ScaleFactor35efl", "1.9")],
        ),
        // No sensor is square; none is upright.
        (&["Canon:FocalPlaneXSize=36", "Canon:FocalPlaneYSize=36"], &[("ScaleFactor35efl", "")]),
        (&["Canon:FocalPlaneXSize=24", "Canon:FocalPlaneYSize=36"], &[("ScaleFactor35efl", "")]),
        (&["Canon:FocalPlaneXSize=36", "Canon:FocalPlaneYSize=22.6"], &[("ScaleFactor35efl", "1.0")]),
        (&["Canon:FocalPlaneXSize=0.3", "Canon:FocalPlaneYSize=0.2"], &[("ScaleFactor35efl", "120.0")]),
        (
            &["Olympus:FocalPlaneDiagonal=9.04", "ExifIFD:FocalLength=23.4"],
            &[("FocalLength35efl", "23.4 mm (35 mm equivalent: 112.0 mm)")],
        ),
        (&["ExifIFD:FocalLength=24"], &[("FocalLength35efl", "24.0 mm"), ("FOV", ""), ("ScaleFactor35efl", "")]),
        // Zero is infinity to a maker's distance, nothing to Exif's.
        (
            &["ExifIFD:FocalLength=15", "ExifIFD:FocalLengthIn35mmFormat=30", "ExifIFD:FNumber=3.6", "Olympus:FocusDistance=0"],
            &[("DOF", "inf (4.16 m - inf)")],
        ),
        (
            &["ExifIFD:FocalLength=15", "ExifIFD:FocalLengthIn35mmFormat=30", "ExifIFD:FNumber=3.6", "ExifIFD:SubjectDistance=0"],
            &[("DOF", "")],
        ),
        // A maker's copy of low priority does not displace Exif's.
        (&["ExifIFD:FocalLength=100", "-Canon:FocalLength=98"], &[("FocalLength35efl", "100.0 mm")]),
    ]);
}

#[test]
fn places() {
    check(&[
        (
            &[
                "GPS:GPSLatitude=43.4660116666389",
                "GPS:GPSLatitudeRef=N",
                "GPS:GPSLongitude=11.8791116666389",
                "GPS:GPSLongitudeRef=W",
                "GPS:GPSAltitude=3.983",
                "GPS:GPSAltitudeRef=1",
                "GPS:GPSDateStamp=2008:10:23",
                "GPS:GPSTimeStamp=14:54:00.19",
            ],
            &[
                ("GPSLatitude", "43 deg 27' 57.64\" N"),
                ("GPSLongitude", "11 deg 52' 44.80\" W"),
                ("GPSPosition", "43 deg 27' 57.64\" N, 11 deg 52' 44.80\" W"),
                ("GPSAltitude", "3.9 m Below Sea Level"),
                ("GPSDateTime", "2008:10:23 14:54:00.19Z"),
            ],
        ),
        // Just below a full minute.
        (&["GPS:GPSLatitude=9.99999999", "GPS:GPSLatitudeRef=S"], &[("GPSLatitude", "10 deg 0' 0.00\" S")]),
        (
            &["XMP-exif:GPSLatitude=-53.132559", "XMP-exif:GPSLongitude=8.719196"],
            &[("GPSLatitudeRef", "South"), ("GPSLatitude", ""), ("GPSPosition", "53 deg 7' 57.21\" S, 8 deg 43' 9.11\" E")],
        ),
        (
            &["QuickTime:GPSCoordinates=51.4169 -0.0806 10.5"],
            &[("GPSLongitude", "0 deg 4' 50.16\" W"), ("GPSAltitude", "10.5 m"), ("GPSAltitudeRef", "Above Sea Level")],
        ),
        // 3GPP's place counts before QuickTime's, whichever comes first.
        (
            &[
                "QuickTime:GPSCoordinates=-12.5 -7.25 100",
                "UserData:LocationInformation=place Role=shooting Lat=12.50000 Lon=7.25000 Alt=-35.50 Body=earth Notes=",
            ],
            &[
                ("GPSPosition", "12 deg 30' 0.00\" N, 7 deg 15' 0.00\" E"),
                ("GPSAltitude", "35.5 m"),
                ("GPSAltitudeRef", "Below Sea Level"),
            ],
        ),
        (
            &["UserData:LocationInformation=a Lat=1.00000 Lon=-2.00000 Alt=0.00", "QuickTime:GPSCoordinates=3 4 -5"],
            &[("GPSLatitude", "1 deg 0' 0.00\" N"), ("GPSAltitude", "0 m"), ("GPSAltitudeRef", "Above Sea Level")],
        ),
        // An altitude without its reference says nothing.
        (&["GPS:GPSAltitude=42.123"], &[("GPSAltitude", "")]),
    ]);
}

#[test]
fn times() {
    check(&[
        (
            &["ExifIFD:CreateDate=2022:01:14 14:49:49", "ExifIFD:SubSecTimeDigitized=13", "ExifIFD:OffsetTimeDigitized=+01:00"],
            &[("SubSecCreateDate", "2022:01:14 14:49:49.13+01:00")],
        ),
        (
            &["IFD0:ModifyDate=2020:10:27 18:21:44", "ExifIFD:OffsetTime=+00:00"],
            &[("SubSecModifyDate", "2020:10:27 18:21:44+00:00")],
        ),
        (&["ExifIFD:DateTimeOriginal=2020:10:27 18:21:44"], &[("SubSecDateTimeOriginal", "")]),
        (&["ExifIFD:DateTimeOriginal=é", "ExifIFD:SubSecTimeOriginal=5"], &[("SubSecDateTimeOriginal", "é.5")]),
        (
            &["IPTC:DateCreated=2006:10:29", "IPTC:TimeCreated=06:27:51-05:00"],
            &[("DateTimeCreated", "2006:10:29 06:27:51-05:00"), ("DateTimeOriginal", "2006:10:29 06:27:51-05:00")],
        ),
        (
            &["ExifIFD:DateTimeOriginal=2001:01:01 00:00:00", "IPTC:DateCreated=2006:10:29", "IPTC:TimeCreated=06:27:51"],
            &[("DateTimeOriginal", "")],
        ),
    ]);
}

#[test]
fn cameras() {
    check(&[
        (
            &[
                "Canon:ContinuousDrive=0",
                "Canon:SelfTimer=20",
                "Canon:CanonExposureMode=0|Easy",
                "Canon:EasyMode=8|Portrait",
                "Canon:DirectoryIndex=100",
                "Canon:FileIndex=42",
                "Canon:FlashBits=16392",
                "Canon:CanonFlashMode=6",
            ],
            &[
                ("DriveMode", "Self-timer Operation"),
                ("ShootingMode", "Portrait"),
                ("FileNumber", "100-0042"),
                ("FlashType", "External"),
                ("RedEyeReduction", "On"),
                ("ShutterCurtainHack", "1st-curtain sync"),
            ],
        ),
        (&["Canon:FlashBits=0", "Canon:CanonFlashMode=6"], &[("FlashType", ""), ("RedEyeReduction", "")]),
        (
            &[
                "Canon:MinFocalLength=18",
                "Canon:MaxFocalLength=55",
                "Canon:DigitalZoom=3",
                "Canon:ZoomSourceWidth=832",
                "Canon:ZoomTargetWidth=2272",
            ],
            &[("Lens", "18.0 - 55.0 mm"), ("Lens35efl", "18.0 - 55.0 mm"), ("DigitalZoom", "2.73x")],
        ),
        (
            &["Nikon:AFDetectionMethod=0", "Nikon:FocusPointSchema=7|153-point", "Nikon:FocusMode=MANUAL"],
            &[("PhaseDetectAF", "On (153-point)"), ("ContrastDetectAF", "Off"), ("AutoFocus", "Off")],
        ),
        (&["Apple:RunTimeValue=79656660836500", "Apple:RunTimeScale=1000000000"], &[("RunTimeSincePowerUp", "22:07:37")]),
        (&["Sony:FocusPosition2=168", "ExifIFD:FocalLengthIn35mmFormat=105"], &[("FocusDistance2", "4.857 m")]),
        (&["XMP-exif:FlashMode=3", "XMP-exif:FlashFired=False"], &[("Flash", "Auto, Did not fire")]),
        (&["Panasonic:SceneMode=29", "Panasonic:AdvancedSceneType=1", "IFD0:Model=DMC-FT4"], &[("AdvancedSceneMode", "Snow")]),
        (
            &["Panasonic:SceneMode=90", "Panasonic:AdvancedSceneType=1", "IFD0:Model=DMC-TZ40"],
            &[("AdvancedSceneMode", "Expressive")],
        ),
        (
            &["Canon:WhiteBalance=1", "Canon:WB_RGGBLevelsDaylight=2048 1024 1024 1536"],
            &[("RedBalance", "2"), ("BlueBalance", "1.5")],
        ),
        // Half a unit of the sixth decimal is added before the rest is cut off.
        (&["Sony:WBRedLevel=-238676055", "Sony:WBGreenLevel=1000000", "Sony:WBBlueLevel=1"], &[("RedBalance", "-238.676054")]),
        (&["Olympus:WB_RBLevels=466 492 264 256"], &[("RedBalance", "1.820313"), ("BlueBalance", "1.921875")]),
    ]);
}

#[test]
fn lenses() {
    check(&[
        (
            &[
                "Nikon:LensIDNumber=254",
                "Nikon:LensFStops=7",
                "Nikon:MinFocalLength=71.2718974512271",
                "Nikon:MaxFocalLength=201.58736798318",
                "Nikon:MaxApertureAtMinFocal=2.82842712474619",
                "Nikon:MaxApertureAtMaxFocal=2.82842712474619",
                "Nikon:MCUVersion=223",
                "Nikon:LensType=14|G VR",
                "Nikon:Lens=70 200 2.8 2.8|70-200mm f/2.8",
            ],
            &[("LensID", "Tamron SP 70-200mm f/2.8 Di VC USD (A009)"), ("LensSpec", "70-200mm f/2.8 G VR")],
        ),
        (
            &["Canon:LensType=65535|n/a", "Canon:MinFocalLength=7.09375", "Canon:MaxFocalLength=21.3125"],
            &[("LensID", "Unknown 7-21mm")],
        ),
        // One number, many lenses: the range tells.
        (
            &[
                "Canon:LensType=368|Sigma 14-24mm f/2.8 DG HSM | A or other Sigma Lens",
                "Canon:MinFocalLength=18",
                "Canon:MaxFocalLength=35",
                "ExifIFD:FocalLength=18",
                "Canon:MaxAperture=1.78",
            ],
            &[("LensID", "Sigma 18-35mm f/1.8 DC HSM | A")],
        ),
        // Nothing fits: the label as it is.
        (
            &["Canon:LensType=4|Canon EF 35-105mm f/3.5-4.5 or Sigma Lens", "Canon:MinFocalLength=1", "Canon:MaxFocalLength=2"],
            &[("LensID", "Canon EF 35-105mm f/3.5-4.5 or Sigma Lens")],
        ),
        (&["ExifIFD:LensModel=14.0-24.0 mm f/2.8"], &[("LensID", "14.0-24.0mm f/2.8")]),
        (&["ExifIFD:LensModel=XF50mmF2 R WR"], &[("LensID", "XF50mm F2 R WR")]),
        (&["ExifIFD:LensModel=2/F4 long"], &[("LensID", "2mm F4 long")]),
        (&["ExifIFD:LensModel=24-70/F2.8 85/F2"], &[("LensID", "24-70mm F2.8 85/F2")]),
        (&["ExifIFD:LensModel=24 - 70 - 85 mm"], &[("LensID", "24-70 - 85mm")]),
        (&["ExifIFD:LensModel=1 mm 2 mm"], &[("LensID", "1mm 2 mm")]),
        (&["ExifIFD:LensModel=EF mm"], &[("LensID", "EF mm")]),
        // Without a focal length it tells no lens; Adobe's may.
        (&["ExifIFD:LensModel=Lens 24"], &[("LensID", "")]),
        (&["ExifIFD:LensModel=/F"], &[("LensID", "")]),
        (&["ExifIFD:LensModel=Lens 24", "XMP-aux:Lens=24mm"], &[("LensID", "24mm")]),
        (
            &["IFD0:Make=NIKON", "XMP-aux:LensID=-7910804157571773682", "XMP-aux:LensInfo=18 250 3.5 6.3"],
            &[("LensID", "Unknown (92 37 2D 88 2C 40 4B 0E) 18-250mm")],
        ),
    ]);
}

#[test]
fn movies() {
    check(&[
        (&["QuickTime:MediaDataSize=495340", "QuickTime:Duration=11.288"], &[("AvgBitrate", "351 kbps")]),
        (&["QuickTime:MediaDataSize=817", "QuickTime:Duration=1"], &[("AvgBitrate", "6.54 kbps")]),
        (&["QuickTime:MediaDataSize=817", "QuickTime:Duration=0"], &[("AvgBitrate", "")]),
        (
            &[
                "Track1:MatrixStructure=1 0 0 0 1 0 0 0 1",
                "Track1:HandlerType=soun",
                "Track2:MatrixStructure=0 1 0 -1 0 0 0 0 1",
                "Track2:HandlerType=vide",
            ],
            &[("Rotation", "90")],
        ),
    ]);
}

/// A row comes after those whose tags it builds on.
#[test]
fn rows_are_in_order() {
    let derived_only =
        [Input::Aperture, Input::ShutterSpeed, Input::ScaleFactor35efl, Input::CircleOfConfusion, Input::ImageSize];
    let rows: Vec<&Row> = ROWS.iter().copied().flatten().collect();
    for (at, row) in rows.iter().enumerate() {
        for need in row.needs.iter().filter(|n| derived_only.contains(n)) {
            assert!(rows[..at].iter().any(|r| Input::of(r.name) == Some(*need)), "{} needs {need:?}", row.name);
        }
    }
}
