#include "core/classes/class_bootstrap.hpp"

#include <gmock/gmock.h>

#include "core/classes/class_file.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

Result<std::vector<DeviceClass>> parsed(const std::string& body) {
    const std::string text = "<device-classes vendor='v'><class name='a'><match oui='000b82'/>"
                             "<offer url='http://{server}'/>" +
                             body + "</class></device-classes>";
    return parse_class_file("f.xml", as_bytes(text));
}

Bootstrap bootstrap_of(const std::string& body) {
    const auto classes = parsed(body);
    EXPECT_TRUE(classes) << classes.error().message;
    return classes ? classes->front().bootstrap : Bootstrap{};
}

std::string complaint_of(const std::string& body) {
    const auto classes = parsed(body);
    EXPECT_FALSE(classes) << "was taken: " << body;
    return classes ? "" : classes.error().message;
}

TEST(ClassBootstrap, NothingIsLaidOpenUnlessTheClassSaysSo) {
    EXPECT_EQ(bootstrap_of(""), (Bootstrap{BootstrapRule::none, 86'400}));
    EXPECT_EQ(bootstrap_of("<bootstrap rule='none'/>"), bootstrap_of(""));
}

TEST(ClassBootstrap, TheBinaryFileHasAWindow) {
    EXPECT_EQ(bootstrap_of("<bootstrap rule='binary'/>"),
              (Bootstrap{BootstrapRule::binary, 86'400}));
    EXPECT_EQ(bootstrap_of("<bootstrap rule='binary' window='90m'/>"),
              (Bootstrap{BootstrapRule::binary, 5400}));
}

TEST(ClassBootstrap, ACertificateNeedsNoWindow) {
    EXPECT_EQ(bootstrap_of("<access><client-certificates/></access>"
                           "<bootstrap rule='certificate'/>")
                  .rule,
              BootstrapRule::certificate);
}

TEST(ClassBootstrap, RefusesWhatCannotBeMeant) {
    EXPECT_THAT(complaint_of("<bootstrap/>"), HasSubstr("want none, binary or certificate"));
    EXPECT_THAT(complaint_of("<bootstrap rule='sms'/>"), HasSubstr("got 'sms'"));
    EXPECT_THAT(complaint_of("<bootstrap rule='binary' window='soon'/>"),
                HasSubstr("want a time such as"));
    EXPECT_THAT(complaint_of("<bootstrap rule='none' window='1h'/>"),
                HasSubstr("only the rule binary has one"));
    EXPECT_THAT(complaint_of("<bootstrap rule='binary' until='1h'/>"), HasSubstr("until"));
    EXPECT_THAT(complaint_of("<bootstrap rule='binary'/><bootstrap rule='binary'/>"),
                HasSubstr("twice"));
}

TEST(ClassBootstrap, ACertificateNobodyCouldShowIsRefused) {
    EXPECT_THAT(complaint_of("<bootstrap rule='certificate'/>"),
                HasSubstr("no <client-certificates>"));
}

TEST(ClassBootstrap, AFileThatIsAlwaysThereNeverHoldsThePassword) {
    EXPECT_THAT(complaint_of("<names><file form='binary'>cfg{mac}</file></names>"
                             "<access><client-certificates/></access>"
                             "<bootstrap rule='certificate'/>"),
                HasSubstr("for good"));
}

} // namespace
} // namespace plugtone
