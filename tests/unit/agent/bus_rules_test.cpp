#include "agent/bus_rules.hpp"

#include <filesystem>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <pugixml.hpp>

namespace plugtone {
namespace {

using Method = std::pair<std::string, std::string>; // interface, name

// What the interfaces' files declare: "true" where the first argument is called reveal.
std::map<Method, bool> declared() {
    std::map<Method, bool> methods;
    for (const auto& file : std::filesystem::directory_iterator(PLUGTONE_SOURCE "/agent/dbus")) {
        pugi::xml_document document;
        EXPECT_TRUE(document.load_file(file.path().c_str())) << file.path();
        for (const pugi::xml_node interface : document.child("node").children("interface"))
            for (const pugi::xml_node method : interface.children("method")) {
                const pugi::xml_node argument = method.child("arg");
                methods[{interface.attribute("name").value(), method.attribute("name").value()}] =
                    std::string(argument.attribute("name").value()) == "reveal" &&
                    std::string(argument.attribute("direction").value()) == "in";
            }
    }
    return methods;
}

TEST(BusRules, HasARuleForEveryMethodOfTheInterfaces) {
    const auto methods = declared();
    EXPECT_GT(methods.size(), 20U);
    for (const auto& [method, reveals] : methods) {
        const CallRule* rule = rule_of(method.first, method.second);
        ASSERT_NE(rule, nullptr) << method.first << "." << method.second
                                 << ": say in agent/bus_rules.cpp what its caller must be allowed";
        EXPECT_EQ(rule->first_reveals, reveals) << method.first << "." << method.second;
        EXPECT_TRUE(rule->action) << method.first << "." << method.second;
    }
}

TEST(BusRules, HasNoRuleTwiceAndNoneForAMethodThatIsNotThere) {
    const auto methods = declared();
    std::set<Method> seen;
    for (const CallRule& rule : call_rules()) {
        const Method method{rule.interface, rule.method};
        EXPECT_TRUE(seen.insert(method).second) << method.first << "." << method.second;
        EXPECT_TRUE(methods.contains(method) || !method.first.starts_with("org.plugtone1."))
            << method.first << "." << method.second;
    }
    EXPECT_EQ(rule_of("org.plugtone1.Manager", "Format"), nullptr);
    EXPECT_EQ(rule_of("org.plugtone1.Device", "Status"), nullptr);
}

TEST(BusRules, AsksForSecretsWhereSecretsAreSeen) {
    EXPECT_EQ(rule_of("org.plugtone1.Device", "Secret")->action, Action::secrets);
    EXPECT_TRUE(rule_of("org.plugtone1.Device", "Parameters")->first_reveals);
    EXPECT_EQ(rule_of("org.plugtone1.Manager", "RemoveDevice")->action, Action::manage);
}

TEST(BusRules, TakesWhatOthersListsNeedToBeRead) {
    EXPECT_EQ(rule_of("org.freedesktop.DBus.ObjectManager", "GetManagedObjects")->action,
              Action::read);
    EXPECT_EQ(rule_of("org.freedesktop.DBus.Properties", "GetAll")->action, Action::read);
    EXPECT_EQ(rule_of("org.freedesktop.DBus.Peer", "Ping")->action, std::nullopt);
}

TEST(BusRules, NamesActionsAsPolkitsFileDoes) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_file(PLUGTONE_SOURCE "/etc/polkit-1/actions/org.plugtone1.policy"));
    std::set<std::string> known;
    for (const pugi::xml_node action : document.child("policyconfig").children("action")) {
        known.insert(action.attribute("id").value());
        EXPECT_STRNE(action.child("description").text().get(), "");
        EXPECT_STRNE(action.child("message").text().get(), "");
        for (const char* whom : {"allow_any", "allow_inactive", "allow_active"})
            EXPECT_THAT(action.child("defaults").child(whom).text().get(),
                        testing::StartsWith("auth_admin"));
    }
    std::set<std::string> ours;
    for (const Action action : {Action::read, Action::manage, Action::secrets, Action::enrol}) {
        ours.insert(std::string(action_id(action)));
        EXPECT_NE(action_text(action), "");
    }
    EXPECT_EQ(known, ours);
}

} // namespace
} // namespace plugtone
