#include "kea-hook/conflicts.hpp"

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One class, which looks at option 60 unless match says otherwise.
std::vector<std::string> conflicts(const std::string& config,
                                   const std::string& match = R"(vendor-class-prefix="Test")") {
    const test::TempFolder folder;
    folder.write("test.xml", R"(<device-classes vendor="test"><class name="test"><match )" + match +
                                 R"(/><offer url="http://{server}"><option code="66">{url}</option>
        </offer></class></device-classes>)");
    const LoadedClasses loaded = load_classes({folder.path()});
    EXPECT_THAT(loaded.problems, IsEmpty());
    return find_conflicts(isc::data::Element::fromJSON(config), loaded.table);
}

std::string pool_for(const std::string& client_class) {
    return R"({"client-classes": [{"name": "lobby"}], "subnet4": [{"subnet": "10.0.0.0/24",
        "pools": [{"pool": "10.0.0.9-10.0.0.20", "client-class": ")" +
           client_class + R"("}]}]})";
}

TEST(Conflicts, AnOptionOfKeasOwnIsTold) {
    EXPECT_THAT(conflicts(R"({"subnet4": [{"subnet": "10.0.0.0/24",
                              "option-data": [{"name": "tftp-server-name"}]}]})"),
                ElementsAre(HasSubstr("option 66 in subnet 10.0.0.0/24")));
    EXPECT_THAT(conflicts(R"({"option-data": [{"code": 42}]})"), IsEmpty());
}

TEST(Conflicts, AClientClassThatIsNotConfiguredIsTold) {
    EXPECT_THAT(conflicts("{}", R"(kea-class="lobby")"),
                ElementsAre(HasSubstr("no client class 'lobby'")));
    EXPECT_THAT(conflicts(R"({"client-classes": [{"name": "lobby"}]})", R"(kea-class="lobby")"),
                IsEmpty());
}

TEST(Conflicts, APoolOfAClientClassThatIsNotConfiguredIsTold) {
    EXPECT_THAT(conflicts(pool_for("attic")),
                ElementsAre("pool 10.0.0.9-10.0.0.20 of subnet 10.0.0.0/24 is for client class "
                            "'attic' alone, which is not configured: no device gets an address "
                            "of it"));
    EXPECT_THAT(conflicts(pool_for("lobby")), IsEmpty());
    EXPECT_THAT(conflicts(pool_for("KNOWN")), IsEmpty());
}

TEST(Conflicts, APoolForAnOption60ThatNoClassMatchesIsTold) {
    EXPECT_THAT(conflicts(pool_for("VENDOR_CLASS_Printer")),
                ElementsAre(HasSubstr("no device class matches in it")));
    EXPECT_THAT(conflicts(pool_for("VENDOR_CLASS_Testphone")), IsEmpty());
    // Whatever its option 60 is.
    EXPECT_THAT(conflicts(pool_for("VENDOR_CLASS_Printer"), R"(oui="000b82")"), IsEmpty());
}

TEST(Conflicts, ASubnetAndASharedNetworkAreLookedAtLikeAPool) {
    EXPECT_THAT(conflicts(R"({"shared-networks": [{"name": "floor", "client-class": "attic",
                              "subnet4": [{"subnet": "10.0.0.0/24", "client-class": "attic"}]}]})"),
                ElementsAre(HasSubstr("shared network floor is for"),
                            HasSubstr("subnet 10.0.0.0/24 of shared network floor is for")));
}

} // namespace
} // namespace plugtone
