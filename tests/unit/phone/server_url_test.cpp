#include "phone/server_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugtone {
namespace {

using testing::HasSubstr;
using namespace std::string_view_literals;

std::string read(std::string_view text) {
    const auto url = parse_server(text);
    return url ? url->text() : "refused: " + url.error().message;
}

Bytes bytes_of(std::string_view text) {
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

Bytes sub_option(std::uint8_t code, std::string_view text) {
    Bytes bytes = {code, static_cast<std::uint8_t>(text.size())};
    const Bytes value = bytes_of(text);
    bytes.insert(bytes.end(), value.begin(), value.end());
    return bytes;
}

std::string chosen(std::vector<DhcpOption> options) {
    DhcpMessage ack;
    ack.options = std::move(options);
    const auto url = choose_server(ack);
    return url ? url->text() + " by " + url->source : "none: " + url.error().message;
}

TEST(ParseServer, TakesUrlsOfTheThreeSchemes) {
    EXPECT_EQ(read("http://10.0.0.1"), "http://10.0.0.1");
    EXPECT_EQ(read("HTTPS://pbx.example.net:8443/gs/"), "https://pbx.example.net:8443/gs");
    EXPECT_EQ(read("tftp://10.0.0.1/a/b//"), "tftp://10.0.0.1/a/b");
}

TEST(ParseServer, TakesABareNameForTftp) {
    EXPECT_EQ(read("10.0.0.1"), "tftp://10.0.0.1");
    EXPECT_EQ(read("tftphost.example"), "tftp://tftphost.example");
    EXPECT_EQ(read("10.0.0.1/dir"), "tftp://10.0.0.1/dir");
    EXPECT_EQ(read("10.0.0.1:6969/dir"), "tftp://10.0.0.1:6969/dir");
}

TEST(ParseServer, ToleratesWhatDhcpServersAppend) {
    EXPECT_EQ(read("http://10.0.0.1/gs\0"sv), "http://10.0.0.1/gs");
    EXPECT_EQ(read("10.0.0.1 \r\n\0\0"sv), "tftp://10.0.0.1");
}

TEST(ParseServer, RefusesWhatNoPhoneCouldUse) {
    EXPECT_THAT(read("ftp://10.0.0.1"), HasSubstr("want tftp, http or https, got 'ftp'"));
    EXPECT_THAT(read(""), HasSubstr("refused"));
    EXPECT_THAT(read("http://"), HasSubstr("want a host name"));
    EXPECT_THAT(read("http:///path"), HasSubstr("want a host name"));
    EXPECT_THAT(read("http://user:pw@10.0.0.1/"), HasSubstr("refused"));
    EXPECT_THAT(read("http://user@10.0.0.1/"), HasSubstr("want a host name"));
    EXPECT_THAT(read("http://h:0/"), HasSubstr("want a port of 1 to 65535"));
    EXPECT_THAT(read("http://h:65536/"), HasSubstr("want a port"));
    EXPECT_THAT(read("http://h:/"), HasSubstr("want a port"));
    EXPECT_THAT(read("http://h/a b"), HasSubstr("the path holds ' '"));
    EXPECT_THAT(read("http://h/a?mac=1"), HasSubstr("the path holds '?'"));
    EXPECT_THAT(read("http://h/a#b"), HasSubstr("the path holds '#'"));
    EXPECT_THAT(read("http://h/a\nb"), HasSubstr("\\x0a"));
    EXPECT_THAT(read("10.0.0.1\0evil"sv), HasSubstr("refused"));
}

TEST(ServerUrl, NamesAFile) {
    EXPECT_EQ(parse_server("http://h/gs")->file("cfg.xml"), "http://h/gs/cfg.xml");
    EXPECT_EQ(parse_server("10.0.0.1")->file("a/b c%?"), "tftp://10.0.0.1/a/b%20c%25%3f");
}

TEST(ChooseServer, PrefersOption66) {
    EXPECT_EQ(chosen({{43, sub_option(1, "http://b")}, {66, bytes_of("http://a")}}),
              "http://a by option 66");
}

TEST(ChooseServer, TakesOption43WhenThereIsNo66) {
    EXPECT_EQ(chosen({{43, sub_option(1, "http://b/x")}}), "http://b/x by option 43, sub-option 1");
    EXPECT_EQ(chosen({{66, {0}}, {43, sub_option(1, "http://b")}}),
              "http://b by option 43, sub-option 1");
}

TEST(ChooseServer, WalksTheSubOptions) {
    Bytes bytes = {0, 0};
    for (const Bytes& part : {sub_option(132, "4001"), sub_option(7, "tftp://b"),
                              sub_option(8, "tftp://c"), Bytes{255}})
        bytes.insert(bytes.end(), part.begin(), part.end());
    EXPECT_EQ(chosen({{43, bytes}}), "tftp://b by option 43, sub-option 7");
}

TEST(ChooseServer, TakesOption43AsPlainText) {
    EXPECT_EQ(chosen({{43, bytes_of("http://b/dir/")}}), "http://b/dir by option 43");
}

TEST(ChooseServer, DoesNotReadPastTheEndOf43) {
    EXPECT_THAT(chosen({{43, {1, 9, 'h'}}}), HasSubstr("sub-option 1 runs past"));
    EXPECT_THAT(chosen({{43, {1}}}), HasSubstr("sub-option 1 runs past"));
    EXPECT_THAT(chosen({{43, {}}}), HasSubstr("holds no sub-option"));
    Bytes ended = {255};
    const Bytes hidden = sub_option(1, "http://b");
    ended.insert(ended.end(), hidden.begin(), hidden.end());
    EXPECT_THAT(chosen({{43, ended}}), HasSubstr("holds no sub-option"));
}

TEST(ChooseServer, DoesNotLookElsewhereWhenOption66IsWrong) {
    EXPECT_THAT(chosen({{66, bytes_of("ftp://a")}, {43, sub_option(1, "http://b")}}),
                HasSubstr("none: option 66: want tftp, http or https"));
}

TEST(ChooseServer, SaysThatNothingCame) {
    EXPECT_THAT(chosen({{3, {10, 0, 0, 1}}}), HasSubstr("neither option 66 nor 43 came"));
}

} // namespace
} // namespace plugtone
