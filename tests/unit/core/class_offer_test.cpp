// The <offer> of a class, read the way that files are read.
#include <gtest/gtest.h>

#include "core/classes/class_file.hpp"

namespace plugtone {
namespace {

Result<std::vector<DeviceClass>> with_offer(const std::string& offer) {
    return parse_class_file("f.xml", as_bytes("<device-classes vendor='v'><class name='a'>"
                                              "<match oui='000b82'/>\n" +
                                              offer + "</class></device-classes>"));
}

std::string refusal_of_option(const std::string& option) {
    const auto refused = with_offer("<offer url='http://{server}'>\n" + option + "</offer>");
    return refused ? "taken" : refused.error().message;
}

TEST(ClassOffer, RefusesItsUrl) {
    EXPECT_EQ(with_offer("<offer/>").error().message,
              "f.xml:2: url: want a template such as http://{server}");
    EXPECT_EQ(with_offer("<offer url='{url}'/>").error().message,
              "f.xml:2: template: want {server}, {mac}, {model}, {class} and {site}, got '{url}'");
    EXPECT_EQ(
        with_offer("<offer url='a' x='b'/>").error().message,
        "f.xml:2: <offer> has the unknown attribute 'x'; known: url, next-server, server-name, "
        "boot-file");
    EXPECT_EQ(with_offer("<offer url='a'><opt/></offer>").error().message,
              "f.xml:2: <opt> is unknown in <offer>; known: option");
}

TEST(ClassOffer, RefusesCodesThatAreNoOption) {
    for (const char* code : {"", "0", "255", "256", "-1", "x", "66 "})
        EXPECT_EQ(refusal_of_option("<option code='" + std::string(code) + "'>a</option>"),
                  "f.xml:3: code: want 1..254, got '" + std::string(code) + "'");
    EXPECT_EQ(refusal_of_option("<option>a</option>"), "f.xml:3: code: want 1..254, got ''");
}

TEST(ClassOffer, RefusesTheCodesOfTheExchangeItself) {
    for (const int code : {50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 82})
        EXPECT_EQ(refusal_of_option("<option code='" + std::to_string(code) + "'>a</option>"),
                  "f.xml:3: code " + std::to_string(code) + " is the DHCP exchange's own");
}

TEST(ClassOffer, RefusesValuesThatAreNotOfTheirForm) {
    EXPECT_EQ(refusal_of_option("<option code='66'/>"), "f.xml:3: want a value");
    EXPECT_EQ(refusal_of_option("<option code='66' form='hex'>0</option>"),
              "f.xml:3: want pairs of hex digits, got '0'");
    EXPECT_EQ(refusal_of_option("<option code='150' form='addresses'>10.0.0.256</option>"),
              "f.xml:3: want IPv4 addresses or {server}, got '10.0.0.256'");
    EXPECT_EQ(refusal_of_option("<option code='66' form='ip'>a</option>"),
              "f.xml:3: form: want text, addresses, u8, u16, u32 or hex, got 'ip'");
    EXPECT_EQ(refusal_of_option("<option code='66'>a b</option>"),
              "f.xml:3: template: blanks and characters outside ASCII are refused, got 'a b'");
    EXPECT_EQ(refusal_of_option("<option code='66'>a</option><option code='66'>b</option>"),
              "f.xml:3: option 66 stands twice");
    EXPECT_EQ(refusal_of_option("<option code='66' when='never'>a</option>"),
              "f.xml:3: when: want always or requested, got 'never'");
    EXPECT_EQ(refusal_of_option("<option code='66' override='1'>a</option>"),
              "f.xml:3: override: want yes or no, got '1'");
}

// An option's length is one byte; what is longer could never be sent as it is written.
TEST(ClassOffer, RefusesValuesThatFitNoOption) {
    const auto hex = [](std::size_t bytes) {
        return "<option code='66' form='hex'>" + std::string(bytes * 2, '0') + "</option>";
    };
    EXPECT_EQ(refusal_of_option(hex(255)), "taken");
    EXPECT_EQ(refusal_of_option(hex(256)), "f.xml:3: want at most 255 bytes, got 256");
    std::string addresses;
    for (int at = 0; at < 64; ++at)
        addresses += "10.0.0.1 ";
    EXPECT_EQ(refusal_of_option("<option code='150' form='addresses'>" + addresses + "</option>"),
              "f.xml:3: want at most 255 bytes, got 256");
}

TEST(ClassOffer, RefusesSubOptionsWhereTheyDoNotBelong) {
    EXPECT_EQ(refusal_of_option("<option code='66'><sub code='1'>a</sub></option>"),
              "f.xml:3: <sub> stands in options 43 and 125 only");
    EXPECT_EQ(refusal_of_option("<option code='43' form='hex'><sub code='1'>a</sub></option>"),
              "f.xml:3: form: goes with a value, not with <sub>");
    EXPECT_EQ(refusal_of_option("<option code='43'><sub code='1'>a</sub>x</option>"),
              "f.xml:3: <option> holds the stray text 'x'");
    EXPECT_EQ(refusal_of_option("<option code='43'><sub code='1' form='sub'>a</sub></option>"),
              "f.xml:3: form: want text, addresses, u8, u16, u32 or hex, got 'sub'");
    EXPECT_EQ(refusal_of_option("<option code='43'><sub code='0'>a</sub></option>"),
              "f.xml:3: code: want 1..254, got '0'");
    EXPECT_EQ(refusal_of_option("<option code='43'><sub code='1'/></option>"),
              "f.xml:3: want a value");
}

TEST(ClassOffer, ReadsNumbersAndRefusesThoseThatDoNotFit) {
    for (const auto& [form, most, more] :
         {std::tuple("u8", "255", "256"), std::tuple("u16", "65535", "65536"),
          std::tuple("u32", "4294967295", "4294967296")}) {
        const std::string open = std::string("<option code='132' form='") + form + "'>";
        EXPECT_EQ(refusal_of_option(open + most + "</option>"), "taken");
        for (const char* bad : {more, "-1", "x", "1 2"})
            EXPECT_NE(refusal_of_option(open + bad + "</option>")
                          .find(std::string("want 0..") + most + ", got '" + bad + "'"),
                      std::string::npos)
                << form << " " << bad;
    }
}

TEST(ClassOffer, AnEnterpriseGoesWithTheSubOptionsOf125) {
    EXPECT_EQ(refusal_of_option("<option code='125'><sub code='1'>a</sub></option>"),
              "f.xml:3: enterprise: want the vendor's IANA number, got ''");
    EXPECT_EQ(refusal_of_option("<option code='125' enterprise='0'><sub code='1'>a</sub></option>"),
              "f.xml:3: enterprise: want the vendor's IANA number, got '0'");
    EXPECT_EQ(refusal_of_option("<option code='43' enterprise='9'><sub code='1'>a</sub></option>"),
              "f.xml:3: enterprise: goes with <sub> in option 125");
    const auto read = with_offer("<offer url='a'><option code='125' enterprise='3561'>"
                                 "<sub code='1' form='u16'>7</sub></option></offer>");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->front().options.front().enterprise, 3561U);
}

TEST(ClassOffer, ReadsTheFixedFields) {
    const auto read = with_offer("<offer url='a' next-server='{server}' server-name='{site}' "
                                 "boot-file='{mac}.cfg'/>");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->front().next_server, "{server}");
    EXPECT_EQ(read->front().server_name, "{site}");
    EXPECT_EQ(read->front().boot_file, "{mac}.cfg");
    EXPECT_EQ(with_offer("<offer url='a' next-server='pbx.example.net'/>").error().message,
              "f.xml:2: next-server: want an IPv4 address or {server}, got 'pbx.example.net'");
    EXPECT_NE(with_offer("<offer url='a' boot-file='{file}'/>").error().message.find("{file}"),
              std::string::npos);
}

} // namespace
} // namespace plugtone
