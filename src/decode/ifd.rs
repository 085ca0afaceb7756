//! Image file directories (TIFF 6.0, section 2; BigTIFF): the one walker for Exif, TIFF files and maker notes.
