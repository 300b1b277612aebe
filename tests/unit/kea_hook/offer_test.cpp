#include "kea-hook/offer.hpp"

#include <set>

#include <gmock/gmock.h>

#include "core/classes/class_file.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

DeviceClass class_of(const std::string& offer) {
    const std::string xml = R"(<device-classes vendor="grandstream"><class name="gxp">
        <match vendor-class-prefix="Grandstream GXP"/>)" +
                            offer + "</class></device-classes>";
    const auto parsed = parse_class_file("test.xml", as_bytes(xml));
    if (!parsed)
        throw std::invalid_argument(parsed.error().message);
    return parsed->front();
}

const Identity phone{Mac::parse("000b82123456").value(), "Grandstream GXP2160 dslforum.org", "",
                     ""};

OfferContext context(std::set<std::uint8_t> requested = {}, std::set<std::uint8_t> set = {}) {
    return {"192.0.2.1", "paris",
            [requested](std::uint8_t code) { return requested.contains(code); },
            [set](std::uint8_t code) { return set.contains(code); }};
}

std::string text_of(const OfferedBytes& option) {
    return std::string(as_text(option.bytes));
}

TEST(Offer, FillsTheUrlForThisClient) {
    const Offer offer =
        make_offer(class_of(R"(<offer url="http://{server}/{site}/{class}/{model}/{mac}">
            <option code="66">{url}</option></offer>)"),
                   phone, context());
    EXPECT_EQ(offer.url, "http://192.0.2.1/paris/gxp/gxp2160/000b82123456");
    ASSERT_EQ(offer.options.size(), 1U);
    EXPECT_EQ(offer.options[0].code, 66);
    EXPECT_EQ(text_of(offer.options[0]), offer.url);
    EXPECT_THAT(offer.left_out, IsEmpty());
}

TEST(Offer, PacksSubOptionsOneAfterTheOther) {
    const Offer offer = make_offer(class_of(R"(<offer url="http://{server}"><option code="43">
            <sub code="2">{url}</sub><sub code="9" form="hex">00ff</sub>
            <sub code="7" form="addresses">{server}</sub></option></offer>)"),
                                   phone, context());
    ASSERT_EQ(offer.options.size(), 1U);
    EXPECT_EQ(to_hex(offer.options[0].bytes), "0210" + to_hex(as_bytes("http://192.0.2.1")) +
                                                  "090200ff"
                                                  "0704c0000201");
}

TEST(Offer, WritesNumbersTheMostSignificantByteFirst) {
    const Offer offer = make_offer(class_of(R"(<offer url="http://{server}">
            <option code="132" form="u16">100</option><option code="133" form="u8">5</option>
            <option code="2" form="u32">3600</option></offer>)"),
                                   phone, context());
    ASSERT_EQ(offer.options.size(), 3U);
    EXPECT_EQ(to_hex(offer.options[0].bytes), "0064");
    EXPECT_EQ(to_hex(offer.options[1].bytes), "05");
    EXPECT_EQ(to_hex(offer.options[2].bytes), "00000e10");
}

TEST(Offer, PutsTheEnterpriseAndTheirSizeBeforeTheSubOptionsOf125) {
    const Offer offer = make_offer(class_of(R"(<offer url="http://{server}">
            <option code="125" enterprise="3561"><sub code="1">ab</sub></option></offer>)"),
                                   phone, context());
    ASSERT_EQ(offer.options.size(), 1U);
    EXPECT_EQ(to_hex(offer.options[0].bytes), "00000de9"
                                              "04"
                                              "0102"
                                              "6162");
}

TEST(Offer, FillsTheFixedFieldsAndLeavesOutWhatDoesNotFit) {
    const Offer offer = make_offer(class_of(R"(<offer url="http://{server}" next-server="{server}"
            server-name="{site}" boot-file="{model}/{mac}.cfg"/>)"),
                                   phone, context());
    EXPECT_EQ(offer.next_server, Ipv4::parse("192.0.2.1"));
    EXPECT_EQ(offer.server_name, "paris");
    EXPECT_EQ(offer.boot_file, "gxp2160/000b82123456.cfg");
    const Offer too_long = make_offer(
        class_of(R"(<offer url="http://{server}" server-name=")" + std::string(64, 'a') + R"("/>)"),
        phone, context());
    EXPECT_EQ(too_long.server_name, "");
    EXPECT_THAT(too_long.left_out, ElementsAre("server-name: 64 bytes, at most 63 fit"));
}

TEST(Offer, ADevicesOwnUrlTakesThePlaceOfItsClasses) {
    OfferContext own = context();
    own.url = "http://{server}/lab/{mac}";
    const Offer offer =
        make_offer(class_of(R"(<offer url="http://{server}"><option code="66">{url}</option>
            <option code="160">{server}</option></offer>)"),
                   phone, own);
    ASSERT_EQ(offer.options.size(), 2U);
    EXPECT_EQ(text_of(offer.options[0]), "http://192.0.2.1/lab/000b82123456");
    EXPECT_EQ(text_of(offer.options[1]), "192.0.2.1");
}

TEST(Offer, ARedirectionIsOption66WhateverTheClassOrKeaHaveThere) {
    OfferContext redirected = context({}, {66});
    redirected.url = "http://provider.example.net/gs";
    redirected.is_redirected = true;
    const DeviceClass legacy = class_of(R"(<offer url="http://{server}">
            <option code="66">{server}</option><option code="43">{url}</option></offer>)");
    for (const DeviceClass* device_class : {&legacy, &redirected_class()}) {
        const Offer offer = make_offer(*device_class, phone, redirected);
        ASSERT_FALSE(offer.options.empty());
        for (const OfferedBytes& option : offer.options)
            EXPECT_EQ(text_of(option), "http://provider.example.net/gs");
        EXPECT_EQ(offer.options[0].code, 66);
        EXPECT_TRUE(offer.options[0].replaces_kea);
    }
}

TEST(Offer, WritesAddressesAsFourBytesEach) {
    const Offer offer =
        make_offer(class_of(R"(<offer url="tftp://{server}"><option code="150" form="addresses">
            {server} 198.51.100.7</option></offer>)"),
                   phone, context());
    ASSERT_EQ(offer.options.size(), 1U);
    EXPECT_EQ(to_hex(offer.options[0].bytes), "c0000201c6336407");
}

TEST(Offer, SendsWhatIsOnlyForThoseWhoAskOnlyToThem) {
    const auto device_class = class_of(R"(<offer url="http://{server}">
            <option code="160" when="requested">{url}</option></offer>)");
    const Offer unasked = make_offer(device_class, phone, context({66}));
    EXPECT_THAT(unasked.options, IsEmpty());
    EXPECT_THAT(unasked.left_out, ElementsAre(HasSubstr("option 160")));
    EXPECT_EQ(make_offer(device_class, phone, context({160})).options.size(), 1U);
}

TEST(Offer, KeepsWhatKeaSetUnlessTheClassOverrides) {
    const auto keeps =
        class_of(R"(<offer url="http://{server}"><option code="66">{url}</option></offer>)");
    const Offer kept = make_offer(keeps, phone, context({}, {66}));
    EXPECT_THAT(kept.options, IsEmpty());
    EXPECT_THAT(kept.left_out, ElementsAre(HasSubstr("Kea's own configuration")));

    const auto overrides = class_of(
        R"(<offer url="http://{server}"><option code="66" override="yes">{url}</option></offer>)");
    const Offer replaced = make_offer(overrides, phone, context({}, {66}));
    ASSERT_EQ(replaced.options.size(), 1U);
    EXPECT_TRUE(replaced.options[0].replaces_kea);
}

TEST(Offer, LeavesOutWhatItCannotFillAndSaysWhy) {
    Identity nameless = phone;
    nameless.vendor_class.clear();
    const auto device_class = class_of(R"(<offer url="http://{server}/{model}">
            <option code="66">{url}</option></offer>)");
    const Offer offer = make_offer(device_class, nameless, context());
    EXPECT_THAT(offer.options, IsEmpty());
    EXPECT_THAT(offer.left_out, ElementsAre(HasSubstr("model")));
}

TEST(Offer, LeavesOutAnOptionThatOneInstanceCannotHold) {
    const std::string many(option_size_max, 'a');
    const auto device_class = class_of(R"(<offer url="http://{server}">
            <option code="43"><sub code="1">)" +
                                       many + R"(</sub></option>
            <option code="66">{url}</option></offer>)");
    const Offer offer = make_offer(device_class, phone, context());
    ASSERT_EQ(offer.options.size(), 1U);
    EXPECT_EQ(offer.options[0].code, 66);
    EXPECT_THAT(offer.left_out, ElementsAre(HasSubstr("option 43")));
}

} // namespace
} // namespace plugtone
