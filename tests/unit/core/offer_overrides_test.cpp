#include "core/contracts/offer_overrides.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

Mac mac_of(const char* text) {
    return Mac::parse(text).value();
}

OfferOverrides some() {
    OfferOverrides made;
    made.redirects = {{*MacRange::parse("000b82000000-000b820000ff"), "http://wide.example.net"},
                      {*MacRange::parse("000b82000010-000b8200001f"), "http://narrow.example.net"},
                      {*MacRange::parse("000b82000011"), "http://one.example.net/{mac}"}};
    made.device_urls = {{mac_of("000b82123456"), "http://{server}/lab"}};
    return made;
}

TEST(OfferOverrides, ComeBackAsTheyWereWritten) {
    const auto again = decode_overrides(as_bytes(encode_overrides(some())));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, some());
    EXPECT_EQ(*decode_overrides(as_bytes(encode_overrides({}))), OfferOverrides{});
}

TEST(OfferOverrides, AreRefusedWholeWithTheLine) {
    const std::string first = "plugtone-offers 1\n";
    for (const auto& [text, reason] : {
             std::pair<std::string, const char*>{"", "line 1: want 'plugtone-offers 1'"},
             {"plugtone-offers 2\n", "line 1: want 'plugtone-offers 1'"},
             {first + "redirect 000b82000001 http://a", "the last line is cut off"},
             {first + "\n", "line 2: want 'redirect RANGE URL' or 'device MAC URL'"},
             {first + "redirect 000b82000001\n",
              "line 2: want 'redirect RANGE URL' or 'device MAC URL'"},
             {first + "redirect 000b82000001 a b\n",
              "line 2: template: blanks and characters outside ASCII are refused, got 'a b'"},
             {first + "device 000b82000001-000b82000002 a\n",
              "line 2: want one MAC, got '000b82000001-000b82000002'"},
             {first + "device 000b82000001 a\ndevice 000b82000001 b\n",
              "line 3: 000b82000001 stands twice"},
             {first + "redirect x a\n",
              "line 2: want FIRST-LAST or one MAC, 12 hex digits each, got 'x'"},
         }) {
        const auto refused = decode_overrides(as_bytes(text));
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().message, reason);
    }
}

TEST(OverrideTable, TheNarrowestRangeWins) {
    const OverrideTable table(some());
    const auto of = [&](const char* mac) {
        const std::string* url = table.redirect_of(mac_of(mac));
        return url == nullptr ? std::string() : *url;
    };
    EXPECT_EQ(of("000b82000011"), "http://one.example.net/{mac}");
    EXPECT_EQ(of("000b82000012"), "http://narrow.example.net");
    EXPECT_EQ(of("000b82000020"), "http://wide.example.net");
    EXPECT_EQ(of("000b82000100"), "");
    EXPECT_EQ(*table.url_of(mac_of("000b82123456")), "http://{server}/lab");
    EXPECT_EQ(table.url_of(mac_of("000b82123457")), nullptr);
}

} // namespace
} // namespace plugtone
