#include "core/classes/class_table.hpp"

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

DeviceClass class_of(std::string name, MatchRule rule) {
    DeviceClass made;
    made.name = std::move(name);
    made.matches.push_back(std::move(rule));
    return made;
}

MatchRule by_vendor_class(TextMatch how, std::string text) {
    MatchRule rule;
    rule.vendor_class = TextPattern{how, std::move(text)};
    return rule;
}

MatchRule by_range(const char* first, const char* last) {
    MatchRule rule;
    rule.mac_range = MacRange{*Mac::parse(first), *Mac::parse(last)};
    return rule;
}

MatchRule by_oui(std::uint32_t oui) {
    MatchRule rule;
    rule.ouis = {oui};
    return rule;
}

const Identity phone = {.mac = *Mac::parse("000b82123456"),
                        .vendor_class = "Grandstream GXP2160 dslforum.org",
                        .user_class = "voice",
                        .user_agent = "GXP"};

// From the widest to the narrowest; each must win over all before it.
std::vector<MatchRule> widest_first() {
    MatchRule user_agent;
    user_agent.user_agent = TextPattern{TextMatch::exact, "GXP"};
    MatchRule user_class;
    user_class.user_class = TextPattern{TextMatch::glob, "*"};
    return {by_oui(0x000b82),
            user_agent,
            user_class,
            by_vendor_class(TextMatch::glob, "*"),
            by_vendor_class(TextMatch::prefix, "Grandstream"),
            by_vendor_class(TextMatch::glob, "Grandstream ???2160*"),
            by_vendor_class(TextMatch::exact, phone.vendor_class),
            by_range("000000000000", "ffffffffffff"),
            by_range("000b82000000", "000b82ffffff"),
            by_range("000b82123456", "000b82123456")};
}

TEST(ClassTable, NarrowerMatchWinsWhateverTheOrder) {
    const auto rules = widest_first();
    for (std::size_t wide = 0; wide < rules.size(); ++wide)
        for (std::size_t narrow = wide + 1; narrow < rules.size(); ++narrow) {
            EXPECT_LT(specificity(rules[wide]), specificity(rules[narrow]));
            const ClassTable a_wide({class_of("a", rules[wide]), class_of("b", rules[narrow])});
            const ClassTable a_narrow({class_of("b", rules[wide]), class_of("a", rules[narrow])});
            ASSERT_TRUE(a_wide.match(phone) && a_narrow.match(phone));
            EXPECT_EQ(a_wide.match(phone)->name, "b") << wide << " " << narrow;
            EXPECT_EQ(a_narrow.match(phone)->name, "a") << wide << " " << narrow;
        }
}

TEST(ClassTable, EqualMatchesGoByName) {
    const MatchRule rule = by_oui(0x000b82);
    const ClassTable table({class_of("b", rule), class_of("a", rule), class_of("c", rule)});
    EXPECT_EQ(table.match(phone)->name, "a");
}

TEST(ClassTable, BestOfAClassesRulesCounts) {
    DeviceClass broad = class_of("broad", by_oui(0x000b82));
    broad.matches.push_back(by_range("000b82123456", "000b82123456"));
    const ClassTable table(
        {broad, class_of("exact", by_vendor_class(TextMatch::exact, phone.vendor_class))});
    EXPECT_EQ(table.match(phone)->name, "broad");
}

TEST(ClassTable, AClassOfKeasGoesBeforeOption60AndAHostNameBeforeAnOui) {
    MatchRule lobby;
    lobby.kea_class = "lobby";
    MatchRule host;
    host.host_name = TextPattern{TextMatch::glob, "reception-*"};
    MatchRule oui;
    oui.ouis = {0x000b82};
    const ClassTable table({class_of("lobby", lobby),
                            class_of("model", by_vendor_class(TextMatch::exact, "GXP2160")),
                            class_of("host", host), class_of("oui", oui)});
    EXPECT_THAT(table.kea_classes(), ElementsAre("lobby"));
    Identity one{*Mac::parse("000b82000001"), "GXP2160", {}, {}, "reception-1", {"lobby"}};
    EXPECT_EQ(table.match(one)->name, "lobby");
    one.kea_classes.clear();
    EXPECT_EQ(table.match(one)->name, "model");
    one.vendor_class.clear();
    EXPECT_EQ(table.match(one)->name, "host");
    one.host_name.clear();
    EXPECT_EQ(table.match(one)->name, "oui");
}

TEST(ClassTable, ExplainsTheChoiceAndWhyEachOtherLost) {
    MatchRule oui;
    oui.ouis = {0x000b82};
    MatchRule other_oui;
    other_oui.ouis = {0x0c1105};
    const ClassTable table({class_of("a", oui), class_of("b", oui), class_of("c", other_oui),
                            class_of("d", by_vendor_class(TextMatch::prefix, "GXP")),
                            class_of("e", by_vendor_class(TextMatch::exact, "GXP2130"))});
    std::vector<std::string> lines;
    for (const auto& [device_class, is_chosen, reason] :
         table.explain({*Mac::parse("000b82000001"), "GXP2160"}))
        lines.push_back(device_class->name + (is_chosen ? "!" : "") + ": " + reason);
    EXPECT_THAT(lines,
                ElementsAre("d!: option 60 'GXP*'", "a: OUI 000b82 holds, and class d is narrower",
                            "b: OUI 000b82 holds, and class d is narrower",
                            "c: OUI is 000b82, want 0c1105",
                            "e: option 60 is 'GXP2160', want 'GXP2130'"));
    const auto by_name = table.explain({*Mac::parse("000b82000001")});
    EXPECT_EQ(by_name[1].reason,
              "OUI 000b82 holds, and class a is as narrow and stands first in the alphabet");
    for (const auto& verdict : table.explain({*Mac::parse("001122334455")}))
        EXPECT_FALSE(verdict.is_chosen);
}

TEST(ClassTable, GivesNothingForAStranger) {
    const ClassTable table({class_of("a", by_oui(0x001122))});
    EXPECT_EQ(table.match(phone), nullptr);
    EXPECT_EQ(ClassTable().match(phone), nullptr);
}

TEST(ClassTable, FindsByName) {
    const ClassTable table({class_of("b", by_oui(1)), class_of("a", by_oui(2))});
    EXPECT_EQ(table.find("b")->name, "b");
    EXPECT_EQ(table.find("c"), nullptr);
    EXPECT_EQ(table.classes().front().name, "a");
}

class LoadClasses : public testing::Test {
protected:
    static std::string file_with(const std::string& class_name, const std::string& title = "") {
        return "<device-classes vendor='v'>\n<class name='" + class_name + "' title='" + title +
               "'>\n<match oui='000b82'/>\n<offer url='http://{server}'/>\n</class>\n"
               "</device-classes>\n";
    }
    LoadedClasses load() const {
        return load_classes({folder_.path("shipped"), folder_.path("own")});
    }
    static std::vector<std::string> names(const LoadedClasses& loaded) {
        std::vector<std::string> names;
        for (const DeviceClass& made : loaded.table.classes())
            names.push_back(made.name);
        return names;
    }

    test::TempFolder folder_;
};

TEST_F(LoadClasses, ReadsAllFoldersAndNoOtherFiles) {
    folder_.write("shipped/a.xml", file_with("a"));
    folder_.write("own/b.xml", file_with("b"));
    folder_.write("own/.c.xml", file_with("c"));
    folder_.write("own/d.xml.new", file_with("d"));
    const auto loaded = load();
    EXPECT_THAT(names(loaded), ElementsAre("a", "b"));
    EXPECT_THAT(loaded.problems, IsEmpty());
}

TEST_F(LoadClasses, LaterFolderReplacesTheFileOfThatName) {
    folder_.write("shipped/a.xml", file_with("a", "shipped"));
    folder_.write("own/a.xml", file_with("a", "own"));
    const auto loaded = load();
    ASSERT_THAT(names(loaded), ElementsAre("a"));
    EXPECT_EQ(loaded.table.classes().front().title, "own");
    EXPECT_EQ(loaded.table.classes().front().origin, folder_.path("own/a.xml") + ":2");
}

TEST_F(LoadClasses, EmptyFileMasksTheShippedOne) {
    folder_.write("shipped/a.xml", file_with("a"));
    folder_.write("shipped/b.xml", file_with("b"));
    folder_.write("own/a.xml", " \n");
    std::filesystem::create_symlink("/dev/null", folder_.path("own/b.xml"));
    const auto loaded = load();
    EXPECT_THAT(names(loaded), IsEmpty());
    EXPECT_THAT(loaded.problems, IsEmpty());
}

TEST_F(LoadClasses, BadFileIsLeftOutWholeAndTheOthersStay) {
    folder_.write("shipped/a.xml", file_with("a"));
    folder_.write("shipped/b.xml", "<device-classes vendor='v'>\n"
                                   "<class name='good'><match oui='000b82'/><offer url='x'/>"
                                   "</class>\n<class name='Bad'/>\n</device-classes>");
    std::filesystem::create_directory(folder_.path("shipped/c.xml"));
    const auto loaded = load();
    EXPECT_THAT(names(loaded), ElementsAre("a"));
    EXPECT_THAT(loaded.problems,
                UnorderedElementsAre(HasSubstr(folder_.path("shipped/b.xml") + ":3: name: want"),
                                     HasSubstr(folder_.path("shipped/c.xml"))));
}

TEST_F(LoadClasses, SecondFileWithAClassOfThatNameIsLeftOut) {
    folder_.write("shipped/a.xml", file_with("same"));
    folder_.write("own/b.xml", file_with("same"));
    const auto loaded = load();
    EXPECT_THAT(names(loaded), ElementsAre("same"));
    EXPECT_THAT(loaded.problems,
                ElementsAre(folder_.path("own/b.xml") + ":2: class 'same' stands already at " +
                            folder_.path("shipped/a.xml") + ":2; the whole file is left out"));
}

TEST_F(LoadClasses, FolderThatIsNotThereIsNoProblemButOneThatIsNoneIs) {
    EXPECT_THAT(load().problems, IsEmpty());
    const auto loaded = load_classes({folder_.write("file", "x")});
    EXPECT_THAT(loaded.problems, ElementsAre(HasSubstr("Not a directory")));
}

} // namespace
} // namespace plugtone
