#include "core/classes/url_template.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

const UrlValues values = {.server = "10.0.0.1",
                          .mac = "000b82123456",
                          .model = "gxp2160",
                          .class_name = "grandstream-gxp",
                          .site = "köln/1",
                          .url = "http://10.0.0.1/gs"};

TEST(UrlTemplate, FillsEveryPlace) {
    EXPECT_EQ(*fill_url_template("http://{server}/{class}/{model}/{mac}?s={site}", values),
              "http://10.0.0.1/grandstream-gxp/gxp2160/000b82123456?s=k%c3%b6ln%2f1");
    EXPECT_EQ(*fill_url_template("{url}/x", values), "http://10.0.0.1/gs/x");
    EXPECT_EQ(*fill_url_template("tftp.example.net", values), "tftp.example.net");
    EXPECT_EQ(*fill_url_template("", values), "");
}

TEST(UrlTemplate, ValuesCannotBreakOutOfTheirPlace) {
    UrlValues hostile = values;
    hostile.model = "a/../b?c#d{mac} \n";
    EXPECT_EQ(*fill_url_template("/{model}", hostile), "/a%2f..%2fb%3fc%23d%7bmac%7d%20%0a");
}

TEST(UrlTemplate, RefusesAPlaceWithoutAValue) {
    UrlValues unknown_model = values;
    unknown_model.model.clear();
    EXPECT_EQ(fill_url_template("http://{server}/{model}", unknown_model).error().message,
              "template 'http://{server}/{model}': no value is known for {model}");
}

TEST(UrlTemplate, RefusesWhatDoesNotFitAnOption) {
    EXPECT_EQ(fill_url_template(std::string(url_size_max, 'a'), values)->size(), url_size_max);
    const auto refused = fill_url_template(std::string(url_size_max - 1, 'a') + "{server}", values);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("has 260 bytes, at most 253"), std::string::npos);
}

TEST(UrlTemplate, ChecksPlacesAndBraces) {
    EXPECT_TRUE(check_url_template("http://{server}/{mac}{model}{class}{site}", false));
    EXPECT_TRUE(check_url_template("{url}", true));
    EXPECT_FALSE(check_url_template("{url}", false));
    for (const char* text : {"{", "}", "{}", "{server", "server}", "{{server}}", "{server}}",
                             "{Server}", "{server }", "{name}"})
        EXPECT_FALSE(check_url_template(text, true)) << text;
    EXPECT_EQ(check_url_template("{ip}", false).error().message,
              "template: want {server}, {mac}, {model}, {class} and {site}, got '{ip}'");
}

TEST(UrlTemplate, RefusesCharactersOutsideUrls) {
    for (const char* text : {"http://a b", "a\n", "ä", "\x7f", "\x01"})
        EXPECT_FALSE(check_url_template(text, true)) << text;
}

} // namespace
} // namespace plugtone
