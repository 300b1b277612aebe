#include "agent/redirection.hpp"

#include <gmock/gmock.h>

#include "core/classes/known_parameters.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Result<ParameterSet> of(const std::string& url) {
    DeviceClass device_class;
    device_class.name = "gxp";
    return redirect_parameters(url, test::mac_of("000b82123456"), device_class);
}

std::string refusal(const std::string& url) {
    const auto refused = of(url);
    return refused ? "taken" : refused.error().message;
}

TEST(Redirection, HasTheUrlsPartsInTwoParameters) {
    EXPECT_THAT(of("https://provider.example.net:8443/gs/").value(),
                ElementsAre(Pair(known::protocol, "2"),
                            Pair(known::config_path, "provider.example.net:8443/gs")));
    EXPECT_THAT(of("HTTP://192.0.2.1").value(),
                ElementsAre(Pair(known::protocol, "1"), Pair(known::config_path, "192.0.2.1")));
    EXPECT_THAT(of("tftp://192.0.2.1/x").value(),
                ElementsAre(Pair(known::protocol, "0"), Pair(known::config_path, "192.0.2.1/x")));
}

TEST(Redirection, IsTftpWithoutAScheme) {
    EXPECT_THAT(of("192.0.2.1").value(),
                ElementsAre(Pair(known::protocol, "0"), Pair(known::config_path, "192.0.2.1")));
}

TEST(Redirection, FillsInWhatIsKnownOfTheDevice) {
    EXPECT_EQ(of("http://p.example.net/{class}/{mac}")->at(known::config_path),
              "p.example.net/gxp/000b82123456");
}

TEST(Redirection, RefusesWhatOnlyDhcpKnowsAndWhatNoPhoneSpeaks) {
    for (const char* place : {"{server}", "{site}", "{model}"})
        EXPECT_THAT(refusal("http://" + std::string(place) + "/x"),
                    HasSubstr("is known to DHCP only"));
    EXPECT_THAT(refusal("gopher://192.0.2.1"), HasSubstr("want tftp, http or https, got 'gopher'"));
}

} // namespace
} // namespace plugtone
