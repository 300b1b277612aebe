#include "core/contracts/events.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view text) {
    const auto refused = decode_event(as_bytes(text));
    return refused ? "taken" : refused.error().message;
}

TEST(Events, AreLinesWithTheKindFirst) {
    const Event event{EventKind::transfer_done, {{"NAME", "cfg.xml"}, {"BYTES", "12"}}};
    EXPECT_EQ(encode_event(event), "EVENT=transfer-done\nNAME=cfg.xml\nBYTES=12\n");
}

TEST(Events, EveryKindComesBack) {
    for (const EventKind kind :
         {EventKind::offered, EventKind::leased, EventKind::released, EventKind::refused,
          EventKind::transfer_started, EventKind::transfer_done, EventKind::transfer_failed,
          EventKind::transfer_absent, EventKind::transfer_refused, EventKind::dropped}) {
        EXPECT_EQ(event_kind_named(event_kind_name(kind)), kind);
        EXPECT_EQ(decode_event(as_bytes(encode_event({kind, {}})))->kind, kind);
    }
    EXPECT_FALSE(event_kind_named(""));
    EXPECT_FALSE(event_kind_named("Offered"));
}

TEST(Events, FieldsComeBackInOrderAndTheFirstOfAKeyCounts) {
    const auto event =
        decode_event(as_bytes("EVENT=offered\nMAC=000b82123456\nURL=http://a/?x=y\nMAC=2\nIP="));
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ((*event)["MAC"], "000b82123456");
    EXPECT_EQ((*event)["URL"], "http://a/?x=y");
    EXPECT_EQ((*event)["IP"], "");
    EXPECT_EQ((*event)["NONE"], "");
    EXPECT_EQ(event->fields.size(), 4U);
}

// Whatever a client puts into a name: one line, and a line that the reader takes.
TEST(Events, ForeignTextCannotAddALineNorSpoilTheEvent) {
    for (const std::string& hostile :
         {std::string("x\nMAC=000000000001"), std::string("a\0b", 3), std::string("\xff\xfe"),
          std::string("\xef\xbf\xbe"), std::string("\x1b[2J"), std::string("\xc2\x85"),
          std::string("back\\slash")}) {
        const Event event{EventKind::transfer_refused, {{"NAME", hostile}, {"PEER", "10.0.0.9"}}};
        const auto back = decode_event(as_bytes(encode_event(event)));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->fields.size(), 2U);
        EXPECT_EQ((*back)["MAC"], "");
        EXPECT_EQ((*back)["PEER"], "10.0.0.9");
    }
}

TEST(Events, RefusesWhatNoSenderOfOursWrites) {
    EXPECT_EQ(refusal(""), "event: empty");
    EXPECT_EQ(refusal("MAC=1\n"), "event: want EVENT=<kind> first, got 'MAC=1'");
    EXPECT_EQ(refusal("EVENT=exploded\n"), "event: want EVENT=<kind> first, got 'EVENT=exploded'");
    EXPECT_EQ(refusal("EVENT=leased\nMAC\n"), "event: want KEY=VALUE, got 'MAC'");
    EXPECT_EQ(refusal("EVENT=leased\nmac=1\n"), "event: want KEY=VALUE, got 'mac=1'");
    EXPECT_EQ(refusal("EVENT=leased\n=1\n"), "event: want KEY=VALUE, got '=1'");
    EXPECT_EQ(refusal("EVENT=leased\n\nMAC=1"), "event: want KEY=VALUE, got ''");
    EXPECT_EQ(refusal("EVENT=leased\nMAC=\xff"), "event: the value of MAC is not printable");
    EXPECT_EQ(refusal("EVENT=leased\nMAC=\x1b[2J"), "event: the value of MAC is not printable");
    EXPECT_EQ(refusal("EVENT=leased\nMAC=a\rb"), "event: the value of MAC is not printable");
    EXPECT_EQ(refusal("EVENT=leased\nMAC=\xc2\x9b"), "event: the value of MAC is not printable");
    EXPECT_EQ(refusal(std::string_view("EVENT=leased\0", 13)),
              "event: the value of EVENT is not printable");
}

TEST(Events, RefusesAnEventLargerThanOneCanBe) {
    EXPECT_THAT(refusal("EVENT=leased\nA=" + std::string(event_size_max, 'a')),
                HasSubstr("want at most 8192 bytes"));
}

} // namespace
} // namespace plugtone
