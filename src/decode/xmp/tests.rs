use super::*;
use proptest::prelude::*;

/// The properties of a description, as `group:name=printed`.
fn read(description: &str) -> Vec<String> {
    let packet = format!(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>\
         <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about=''\
         xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xap='http://ns.adobe.com/xap/1.0/'\
         xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' xmlns:stEvt='http://ns.adobe.com/xap/1.0/sType/ResourceEvent#'\
         xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'\
         xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' xmlns:u='http://example.com/u/'\
         xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'>{description}</rdf:Description></rdf:RDF></x:xmpmeta>\
         <?xpacket end='w'?>"
    );
    read_packet(packet.as_bytes())
}

fn read_packet(packet: &[u8]) -> Vec<String> {
    let mut sink = Sink::default();
    decode(&Input::from_bytes(packet.to_vec()), &mut sink);
    sink.metadata.tags.iter().map(|t| format!("{}:{}={}", t.group.place, t.name, t.printed())).collect()
}

#[test]
fn properties() {
    let cases: &[(&str, &[&str])] = &[
        // Simple values, in elements and attributes.
        ("<dc:format>image/png</dc:format>", &["XMP-dc:Format=image/png"]),
        ("<xap:CreateDate>2021-03-04T05:06:07+01:00</xap:CreateDate>", &["XMP-xmp:CreateDate=2021:03:04 05:06:07+01:00"]),
        ("<dc:title>&lt;&#65;&#x42;&amp;amp;<![CDATA[<&]]></dc:title>", &["XMP-dc:Title=<AB&amp;<&"]),
        ("<dc:title>1/2</dc:title><u:x>1/2</u:x>", &["XMP-dc:Title=1/2", "XMP-u:TagX=0.5"]),
        ("<dc:source rdf:resource='http://s/'/>", &["XMP-dc:Source=http://s/"]),
        ("<u:empty/>", &["XMP-u:Empty="]),
        // Containers.
        ("<dc:subject><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></dc:subject>", &["XMP-dc:Subject=a"]),
        ("<dc:subject><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></dc:subject>", &["XMP-dc:Subject=a, b"]),
        ("<u:bag><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></u:bag>", &["XMP-u:Bag=a, b"]),
        (
            "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>R</rdf:li><rdf:li xml:lang='en-us'>S</rdf:li></rdf:Alt></dc:rights>",
            &["XMP-dc:Rights=R", "XMP-dc:Rights-en-US=S"],
        ),
        // A language counts among alternatives only.
        ("<u:alt><rdf:Alt><rdf:li xml:lang='fr'>a</rdf:li></rdf:Alt></u:alt>", &["XMP-u:Alt-fr=a"]),
        ("<u:bag><rdf:Bag><rdf:li xml:lang='fr'>a</rdf:li></rdf:Bag></u:bag>", &["XMP-u:Bag=a"]),
        ("<u:plain xml:lang='fr'>a</u:plain>", &["XMP-u:Plain=a"]),
        ("<u:outer rdf:parseType='Resource'><u:inner xml:lang='fr'>a</u:inner></u:outer>", &["XMP-u:OuterInner=a"]),
        // Structures.
        (
            "<xmpMM:History><rdf:Seq><rdf:li stEvt:action='saved'/><rdf:li rdf:parseType='Resource'><stEvt:action>converted</stEvt:action>\
             <stEvt:when>2021-03-04</stEvt:when></rdf:li></rdf:Seq></xmpMM:History>",
            &["XMP-xmpMM:HistoryAction=saved, converted", "XMP-xmpMM:HistoryWhen=2021:03:04"],
        ),
        (
            "<Iptc4xmpExt:ArtworkOrObject><rdf:Bag><rdf:li><rdf:Description><Iptc4xmpExt:AOTitle><rdf:Alt><rdf:li xml:lang='de'>x</rdf:li>\
             </rdf:Alt></Iptc4xmpExt:AOTitle></rdf:Description></rdf:li></rdf:Bag></Iptc4xmpExt:ArtworkOrObject>",
            &["XMP-iptcExt:ArtworkTitle-de=x"],
        ),
        ("<u:q rdf:parseType='Resource'><rdf:value>v</rdf:value><u:role>r</u:role></u:q>", &["XMP-u:TagQ=v", "XMP-u:QRole=r"]),
        // Names that no table has.
        (
            "<u:FOO_BAR>1</u:FOO_BAR><u:foo_bar>2</u:foo_bar><u:URL>3</u:URL>",
            &["XMP-u:FooBar=1", "XMP-u:Foo_bar=2", "XMP-u:Url=3"],
        ),
        ("<nowhere:Foo>1</nowhere:Foo>", &["XMP-nowhere:Foo=1"]),
        ("<dc:x xmlns:dc='http://other/'>1</dc:x>", &["XMP-tmp0:TagX=1"]),
        // Values as Exif prints them.
        ("<exif:ExposureTime>1/125</exif:ExposureTime>", &["XMP-exif:ExposureTime=1/125"]),
        ("<exif:ExposureTime>1/500 sec.</exif:ExposureTime>", &["XMP-exif:ExposureTime=1/500 sec."]),
        ("<exif:GPSLatitude>48,51.5N</exif:GPSLatitude>", &["XMP-exif:GPSLatitude=48 deg 51' 30.00\" N"]),
        ("<exif:Flash exif:Mode='1' exif:Fired='True'/>", &["XMP-exif:FlashMode=On", "XMP-exif:FlashFired=True"]),
        ("<exif:Contrast>Normal</exif:Contrast>", &["XMP-exif:Contrast=Unknown (Normal)"]),
        (
            "<tiff:YCbCrSubSampling><rdf:Seq><rdf:li>2</rdf:li><rdf:li>1</rdf:li></rdf:Seq></tiff:YCbCrSubSampling>",
            &["XMP-tiff:YCbCrSubSampling=YCbCr4:2:2 (2 1)"],
        ),
        ("<aux:LensInfo>24/1 70/1 0/0 0/0</aux:LensInfo>", &["XMP-aux:LensInfo=24-70mm f/?"]),
    ];
    for (description, want) in cases {
        assert_eq!(&read(description), want, "{description}");
    }
}

#[test]
fn what_surrounds_the_properties() {
    let packet = "<x:xapmeta xmlns:x='adobe:ns:meta/' x:xaptk='T'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
                  <rdf:Description about='uuid:1'/></rdf:RDF></x:xapmeta>";
    let want = ["XMP-x:XMPToolkit=T", "XMP-rdf:About=uuid:1"];
    assert_eq!(read_packet(packet.as_bytes()), want);
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(packet.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_packet(&utf16), want);
    let utf32: Vec<u8> = packet.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
    assert_eq!(read_packet(&utf32), want);
}

#[test]
fn named_nodes_are_read_where_they_are_meant() {
    let packet = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:u='http://example.com/u/'>\
                  <rdf:Description rdf:nodeID='n' u:food='cake'/><rdf:Description><u:cook rdf:nodeID='n'/></rdf:Description></rdf:RDF>";
    assert_eq!(read_packet(packet.as_bytes()), ["XMP-u:CookFood=cake"]);
}

#[test]
fn hostile_packets_end() {
    let deep = "<a:a>".repeat(100_000);
    let wide = format!("<a>{}</a>", "<b xmlns:n='u'>1</b>".repeat(50_000));
    let entities = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;'>]><rdf:RDF><rdf:Description><u:x>&b;</u:x></rdf:Description></rdf:RDF>";
    let itself =
        "<rdf:RDF><rdf:Description rdf:nodeID='n'><u:x rdf:nodeID='n'/><u:y rdf:nodeID='n'/></rdf:Description></rdf:RDF>";
    for packet in [&deep, &wide, entities, itself] {
        read_packet(packet.as_bytes());
    }
    assert_eq!(read_packet(entities.as_bytes()), ["XMP-u:TagX=&b;"]);
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_packet(&bytes);
    }

    #[test]
    fn nor_do_arbitrary_pieces(pieces in proptest::collection::vec(prop::sample::select(vec![
        "<rdf:RDF>", "</rdf:RDF>", "<rdf:Description rdf:nodeID='a'>", "</rdf:Description>", "<rdf:Bag>", "<rdf:li>", "</rdf:li>", "<dc:subject>",
        "<u:y rdf:nodeID='a'/>", "text", "1/0", "é", "&#0;", "&", "<![CDATA[", "]]>", "xml:lang='", "<exif:GPSLatitude>", "-,N", "</", ">", "<tiff:Orientation x='",
    ]), 0..60)) {
        read_packet(pieces.concat().as_bytes());
    }
}
