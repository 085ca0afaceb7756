//! The names that rows draw on, found by a perfect hash: most tags of a file are none of them.

macro_rules! inputs {
    ($($name:ident)*) => {
        /// A tag name that rows draw on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the reference's spelling")]
        #[repr(u16)]
        pub enum Input { $($name),* }

        const ALL: &[(Input, &str)] = &[$((Input::$name, stringify!($name))),*];
    };
}

inputs! {
    AFAperture AFInfo2Version ActionReleaseAF Aperture ApertureValue ApproximateFocusDistance AutoISO AvgBitrate
    BaseISO BlackLevel BlueBalance BulbDuration
    CFAPattern2 CFARepeatPatternDim CameraISO CameraType CanonExposureMode CanonImageHeight CanonImageWidth
    CircleOfConfusion ColorBalance ContinuousDrive ContrastDetect ContrastDetectAF CreateDate CreationTime
    DateCreated DateTimeCreated DateTimeOriginal DateTimeUTC DigitalCreationDate DigitalCreationTime DigitalZoom DirectoryIndex Duration
    DriveMode EasyMode ExifImageHeight ExifImageWidth ExposureTime Extender
    FNumber FileIndex FileNumber FileType Flash FlashBits FlashExposureComp FlashFired FlashFunction FlashMode FlashRedEyeMode FlashReturn
    FocalLength FocalLength35efl FocalLengthIn35mmFormat FocalPlaneDiagonal FocalPlaneResolutionUnit FocalPlaneXResolution
    FocalPlaneXSize FocalPlaneYResolution FocalPlaneYSize FocalUnits FocusDistance FocusDistanceLower FocusDistanceUpper
    FocusMode FocusPosition FocusPosition2
    GPSAltitude GPSAltitudeRef GPSCoordinates GPSDateStamp GPSDateTime GPSDestLatitude GPSDestLatitudeRef GPSDestLongitude
    GPSDestLongitudeRef GPSLatitude GPSLatitudeRef GPSLongitude GPSLongitudeRef GPSTimeStamp
    HandlerType ISO ImageHeight ImageSize ImageWidth
    Lens LensFStops LensFocalLength LensFocalRange LensID LensIDNumber LensInfo LensModel LensSpec LensType LensType2 LensType3
    LocationInformation
    AdvancedSceneType CanonFlashMode AFDetectionMethod FocusPointSchema MCUVersion Make MatrixStructure MaxAperture MaxApertureAtMaxFocal MaxApertureAtMinFocal MaxApertureValue MaxFocalLength
    MediaDataSize MinFocalLength Model ModifyDate MonthDayCreated
    ObjectDistance OffsetTime OffsetTimeDigitized OffsetTimeOriginal OtherImageLength OtherImageStart
    PhaseDetectAF PreviewImageHeight PreviewImageLength PreviewImageStart PreviewImageWidth
    RawImageCroppedSize RedBalance RFLensType RicohPitch RicohRoll RunTimeScale RunTimeValue
    SampleRate ScaleFactor35efl SceneMode SelfTimer SensorHeight SensorSize SensorWidth SensorBottomBorder SensorLeftBorder
    SensorRightBorder SensorTopBorder SharpnessFrequency ShutterCurtainSync ShutterSpeed ShutterSpeedValue
    SubSecTime SubSecTimeDigitized SubSecTimeOriginal SubjectDistance
    TimeCreated TotalSamples
    WBBlueLevel WBGreenLevel WBRedLevel WB_GBRGLevels WB_GRBGLevels WB_GRBLevels WB_GRGBLevels WB_RGBGLevels WB_RBGGLevels WB_RBLevels WB_RGBLevels
    WB_RGGBLevels WB_RGGBLevelsAsShot WB_RGGBLevelsAuto WB_RGGBLevelsBlack WB_RGGBLevelsCloudy WB_RGGBLevelsCustom WB_RGGBLevelsCustom1
    WB_RGGBLevelsCustom2 WB_RGGBLevelsDaylight WB_RGGBLevelsFlash WB_RGGBLevelsFluorescent WB_RGGBLevelsKelvin
    WB_RGGBLevelsShade WB_RGGBLevelsTungsten WB_RGGBLevelsUncorrected WhiteBalance
    YearCreated ZoomSourceWidth ZoomTargetWidth
}

/// How many inputs there are.
pub const COUNT: usize = ALL.len();

/// Slots of the hash table, a power of two: sparse, so that a miss is nearly always an empty slot.
const SLOTS: usize = 2048;
const EMPTY: u16 = u16::MAX;

const fn hash(name: &[u8]) -> usize {
    let n = name.len();
    if n == 0 {
        return 0;
    }
    let mut h = n;
    h = h.wrapping_mul(31).wrapping_add(name[0] as usize);
    h = h.wrapping_mul(31).wrapping_add(name[n - 1] as usize);
    h = h.wrapping_mul(31).wrapping_add(name[n / 2] as usize);
    h = h.wrapping_mul(31).wrapping_add(name[n / 3] as usize);
    h = h.wrapping_mul(31).wrapping_add(name[n - 1 - n / 4] as usize);
    (h ^ (h >> 11)) & (SLOTS - 1)
}

static TABLE: [u16; SLOTS] = {
    let mut table = [EMPTY; SLOTS];
    let mut i = 0;
    while i < COUNT {
        let mut slot = hash(ALL[i].1.as_bytes());
        while table[slot] != EMPTY {
            slot = (slot + 1) & (SLOTS - 1);
        }
        table[slot] = i as u16;
        i += 1;
    }
    table
};

/// By their first letter, how long the names are: a bit for each length. It tells most other names apart at a glance.
static LENGTHS: [u64; 256] = {
    let mut lengths = [0; 256];
    let mut i = 0;
    while i < COUNT {
        let name = ALL[i].1.as_bytes();
        assert!(name.len() < 64);
        lengths[name[0] as usize] |= 1 << name.len();
        i += 1;
    }
    lengths
};

impl Input {
    /// The input of that name.
    pub fn of(name: &str) -> Option<Input> {
        let first = *name.as_bytes().first()?;
        if name.len() >= 64 || LENGTHS[usize::from(first)] >> name.len() & 1 == 0 {
            return None;
        }
        let mut slot = hash(name.as_bytes());
        loop {
            let (input, known) = *ALL.get(usize::from(*TABLE.get(slot)?))?;
            if known == name {
                return Some(input);
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for (input, name) in ALL {
            assert_eq!(Input::of(name), Some(*input), "{name}");
        }
        for name in ["", "F", "Apertures", "FNumbers", "GPSLatitud", "Ünïcode"] {
            assert_eq!(Input::of(name), None, "{name}");
        }
    }
}
