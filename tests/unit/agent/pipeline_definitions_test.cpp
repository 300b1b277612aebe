#include "agent/pipeline.hpp"

#include "tests/unit/agent/running_agent.hpp"

namespace plugtone {
namespace {

using test::class_xml;
using test::mac_of;
using test::name_of;
using test::other_phone;
using test::phone;
using test::phone_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// What the class and parameter files do to what is there.
class PipelineDefinitionsTest : public test::RunningAgent {
protected:
    // As the dictionary of a later release could say of the same parameter.
    void write_dictionary(const std::string& web_port, const std::string& sip_server = "<host/>") {
        folder_.write("parameters/acme.xml",
                      "<parameters vendor=\"acme\"><parameter number=\"P47\" name=\"sip-server\">" +
                          sip_server + "</parameter><parameter number=\"P901\" name=\"web-port\">" +
                          web_port + "</parameter></parameters>");
    }
};

constexpr const char* narrow = "<integer min=\"1024\" max=\"2048\"/>";
constexpr const char* misfit = "P901 (web-port): want 1024 to 2048, got '80'";

TEST_F(PipelineDefinitionsTest, ReloadTakesNewClassesAndPublishesWhatTheyChange) {
    add();
    folder_.write("classes/gxp.xml",
                  class_xml("gxp", "vendor-class=\"GXP\"", "<names config-prefix=\"new_\"/>"));
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(published_.back().second, "classes and parameters");
    EXPECT_EQ(live_files().count("new_@/cfg000b82123456.xml"), 1U);
    EXPECT_EQ(live_files().count(phone_file), 1U) << "it asks there until it has the new file";
    EXPECT_FALSE(pipeline_->undo()->starts_with("classes and parameters"))
        << "no operator's change";
}

TEST_F(PipelineDefinitionsTest, ReloadWithABadFileKeepsAllAndSaysWhy) {
    add();
    folder_.write("classes/a.xml", class_xml("other", "vendor-class=\"X\""));
    folder_.write("classes/gxp.xml", "<device-classes");
    refuses([&] { return pipeline_->reload(); }, ErrorKind::invalid, "gxp.xml");
    EXPECT_NE(pipeline_->classes().find("gxp"), nullptr);
    EXPECT_EQ(pipeline_->classes().find("other"), nullptr);
    EXPECT_THAT(pipeline_->problems(), ElementsAre(HasSubstr("gxp.xml")));
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
    EXPECT_NE(pipeline_->classes().find("other"), nullptr);
}

TEST_F(PipelineDefinitionsTest, ReloadOfClassesThatCannotBePublishedKeepsTheOldOnes) {
    add();
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\"",
                                               "<defaults><P1359>x</P1359></defaults>"));
    const auto files = live_files();
    EXPECT_FALSE(pipeline_->reload());
    EXPECT_EQ(live_files(), files);
    EXPECT_EQ(pipeline_->classes().find("gxp")->names.config_prefix, "gs_");
}

TEST_F(PipelineDefinitionsTest, AClassIsTheOperatorsChoiceElseWhatTheDeviceSaid) {
    folder_.write("classes/other.xml", class_xml("other", "oui=\"000b82\""));
    ASSERT_TRUE(pipeline_->reload());
    const Device recognised = test::device_of(phone);
    EXPECT_EQ(pipeline_->class_of(recognised)->name, "other");
    states_->apply(mac_of(phone), {EventKind::offered, {{"VENDOR_CLASS", "GXP"}}}, 1);
    EXPECT_EQ(pipeline_->class_of(recognised)->name, "gxp");
    EXPECT_EQ(pipeline_->class_of(test::device_of(phone, "other"))->name, "other");
    EXPECT_EQ(pipeline_->class_of(test::device_of(phone, "gone")), nullptr);
}

TEST_F(PipelineDefinitionsTest, ADeviceWhoseClassIsGoneHasNoFilesUntilItIsBack) {
    add();
    folder_.write("classes/gxp.xml", "");
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(live_files().count(phone_file), 0U);
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(live_files().count(phone_file), 1U);
}

TEST_F(PipelineDefinitionsTest, AClassFileThatIsBadAtTheStartTakesNoFileFromAPhone) {
    add();
    const auto files = live_files();
    folder_.write("classes/gxp.xml", "<device-classes");
    restart();
    EXPECT_EQ(live_files(), files);
    refuses(
        [&] {
            return operations_->set_shared(of_site, {{"P64", "x"}}, true);
        },
        ErrorKind::invalid, "gxp.xml");
    EXPECT_EQ(live_files(), files);
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_TRUE(operations_->set_shared(of_site, {{"P64", "x"}}, true));
}

TEST_F(PipelineDefinitionsTest, ACompositionKnowsWhereEachValueComesFrom) {
    folder_.write("classes/gxp.xml",
                  class_xml("gxp", "vendor-class=\"GXP\"", "<defaults><P3>f</P3></defaults>",
                            "<P4>v</P4>", "gxp"));
    ASSERT_TRUE(pipeline_->reload());
    ASSERT_TRUE(operations_->set_shared(of_site, {{"P5", "s"}}, false));
    ASSERT_TRUE(operations_->set_shared("gxp", {{"P2", "c"}}, false));
    add(phone, "gxp", {{"P1", "d"}});
    std::vector<std::string> told;
    for (const auto& [name, value] : pipeline_->composition_of(*inventory_->device(mac_of(phone))))
        told.push_back(name.text() + "=" + value.value + " " +
                       std::string(layer_name(value.layer)));
    EXPECT_THAT(told, ElementsAre("P1=d device", "P2=c class", "P3=f class file", "P4=v vendor",
                                  "P5=s site"));
    EXPECT_THAT(pipeline_->composition_of(test::device_of(phone, "gone")),
                ElementsAre(testing::Key(name_of("P1"))))
        << "without a class it inherits nothing";
}

TEST_F(PipelineDefinitionsTest, AValueOutOfItsTypeAtTheStartIsAProblemAndNoRefusal) {
    add(phone, "gxp", {{"P901", "80"}});
    const auto files = live_files();
    write_dictionary(narrow);
    restart();
    EXPECT_EQ(live_files(), files);
    EXPECT_THAT(pipeline_->problems(), ElementsAre("device 000b82123456: " + std::string(misfit)));
    EXPECT_TRUE(set({{"P47", "a"}})) << "it is no new one";
    add(other_phone);
    EXPECT_TRUE(operations_->set_shared(of_site, {{"P64", "x"}}, true));
    EXPECT_EQ(pipeline_->problems().size(), 1U);
    ASSERT_TRUE(set({{"P901", "1080"}}));
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
    const std::string why = "device 000b82123456, class gxp: " + std::string(misfit);
    refuses([&] { return pipeline_->undo(); }, ErrorKind::invalid, why);
}

TEST_F(PipelineDefinitionsTest, ADeviceThatGoesTakesItsProblemAlong) {
    add(phone, "gxp", {{"P901", "80"}});
    write_dictionary(narrow);
    restart();
    ASSERT_TRUE(operations_->remove_device(mac_of(phone)));
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
}

TEST_F(PipelineDefinitionsTest, OneOfTwoValuesOutOfTheirTypesCanBeMended) {
    add(phone, "gxp", {{"P901", "80"}, {"P47", "a"}});
    write_dictionary(narrow, "<bool/>");
    restart();
    EXPECT_EQ(pipeline_->problems().size(), 2U);
    ASSERT_TRUE(set({{"P47", "1"}}));
    EXPECT_THAT(pipeline_->problems(), ElementsAre("device 000b82123456: " + std::string(misfit)));
    ASSERT_TRUE(operations_->unset_parameters(mac_of(phone), {"P901"}));
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
}

TEST_F(PipelineDefinitionsTest, AValueThatWasNotMendedAfterAllIsStillAProblem) {
    add(phone, "gxp", {{"P901", "80"}});
    write_dictionary(narrow);
    restart();
    let_commits_fail();
    EXPECT_THROW(static_cast<void>(set({{"P901", "1080"}})), soci::soci_error);
    let_commits_be();
    EXPECT_THAT(pipeline_->problems(), ElementsAre("device 000b82123456: " + std::string(misfit)));
    EXPECT_TRUE(set({{"P47", "a"}})) << "it is no new one";
}

TEST_F(PipelineDefinitionsTest, OnlySoManyValuesOutOfTheirTypesAreNamed) {
    TypedSettings settings;
    std::string parameters;
    for (int number = 1001; number <= 1022; ++number) {
        settings["P" + std::to_string(number)] = "x";
        parameters += "<parameter number=\"P" + std::to_string(number) + "\" name=\"n" +
                      std::to_string(number) + "\"><bool/></parameter>";
    }
    add(phone, "gxp", settings);
    folder_.write("parameters/acme.xml",
                  "<parameters vendor=\"acme\">" + parameters + "</parameters>");
    restart();
    const auto problems = pipeline_->problems();
    ASSERT_EQ(problems.size(), 21U);
    EXPECT_THAT(problems.back(), HasSubstr("and 2 more"));
}

TEST_F(PipelineDefinitionsTest, AValueThatOneClassDoesNotAllowIsRefusedForAllThatInheritIt) {
    folder_.write("classes/ht.xml", class_xml("ht", "vendor-class=\"HT\"", "", "", "ht"));
    ASSERT_TRUE(pipeline_->reload());
    add();
    add(other_phone, "ht");
    refuses(
        [&] {
            return operations_->set_shared(of_site, {{"P901", "80"}}, false);
        },
        ErrorKind::invalid, "device 000b82000001, class ht: " + std::string(misfit));
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
    EXPECT_TRUE(operations_->set_shared(of_site, {{"P901", "1080"}}, false));
}

TEST_F(PipelineDefinitionsTest, ReloadTakesNewParametersAndKeepsTheOldOnesIfAValueDoesNotFit) {
    add(phone, "gxp", {{"P901", "80"}});
    write_dictionary(narrow);
    refuses([&] { return pipeline_->reload(); }, ErrorKind::invalid,
            "device 000b82123456, class gxp: " + std::string(misfit));
    EXPECT_TRUE(set({{"P901", "81"}})) << "as the old one allows it";
    ASSERT_TRUE(set({{"P901", "1080"}}));
    ASSERT_TRUE(pipeline_->reload());
    refuses([&] { return set({{"P901", "80"}}); }, ErrorKind::invalid, misfit);
    EXPECT_EQ(pipeline_->dictionary().find("admin-password"), nullptr);
}

TEST_F(PipelineDefinitionsTest, ReloadRefusesAClassWhoseOwnValueIsOutOfItsType) {
    folder_.write("classes/ht.xml", class_xml("ht", "vendor-class=\"HT\"",
                                              "<defaults><P901>80</P901></defaults>", "", "ht"));
    for (const char* part : {"ht.xml:1: class ht: ", misfit})
        refuses([&] { return pipeline_->reload(); }, ErrorKind::invalid, part);
    EXPECT_EQ(pipeline_->classes().find("ht"), nullptr);
    folder_.write("classes/ht.xml",
                  class_xml("ht", "vendor-class=\"HT\"", "", "<P901>80</P901>", "ht"));
    refuses([&] { return pipeline_->reload(); }, ErrorKind::invalid, misfit);
    folder_.write("classes/ht.xml",
                  class_xml("ht", "vendor-class=\"HT\"", "", "<P901>80</P901>", "gxp"));
    EXPECT_TRUE(pipeline_->reload()) << "another family allows it";
}

TEST_F(PipelineDefinitionsTest, ReloadWithABadParametersFileKeepsAllAndSaysWhy) {
    folder_.write("parameters/b.xml", "<parameters vendor=\"b\"><parameter/></parameters>");
    folder_.write("classes/other.xml", class_xml("other", "vendor-class=\"X\""));
    refuses([&] { return pipeline_->reload(); }, ErrorKind::invalid, "b.xml:1");
    EXPECT_THAT(pipeline_->problems(), ElementsAre(HasSubstr("b.xml:1")));
    EXPECT_EQ(pipeline_->classes().find("other"), nullptr);
    EXPECT_NE(pipeline_->dictionary().find("web-port"), nullptr);
    folder_.write("parameters/b.xml", "");
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
    EXPECT_NE(pipeline_->classes().find("other"), nullptr);
}

TEST_F(PipelineDefinitionsTest, ADictionaryThatAllowsTheValueAgainEndsTheProblem) {
    add(phone, "gxp", {{"P901", "80"}});
    write_dictionary(narrow);
    restart();
    EXPECT_EQ(pipeline_->problems().size(), 1U);
    published_.clear();
    write_dictionary("<integer min=\"1\" max=\"80\"/>");
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
    EXPECT_THAT(published_, IsEmpty()) << "no file is another one";
}

// "CLASS DEVICE PARAMETER TEXT" of each finding.
std::vector<std::string> lines_of(const std::vector<Finding>& findings) {
    std::vector<std::string> lines;
    for (const Finding& finding : findings)
        lines.push_back(finding.class_name + " " + (finding.mac ? finding.mac->text() : "-") + " " +
                        (finding.parameter ? finding.parameter->text() : "-") + " " + finding.text);
    return lines;
}

TEST_F(PipelineDefinitionsTest, LintLooksAtFilesClassesAndDevices) {
    EXPECT_THAT(pipeline_->lint(), IsEmpty());
    ASSERT_TRUE(operations_->set_shared("gxp", {{"P64", "x"}}, false));
    add(phone, "gxp", {{"P65", "y"}});
    add(other_phone);
    folder_.write("parameters/b.xml", "<parameters");
    ASSERT_FALSE(pipeline_->reload());
    const std::string unknown = " is in no dictionary: it is sent as it stands";
    EXPECT_THAT(lines_of(pipeline_->lint()),
                ElementsAre(testing::AllOf(testing::StartsWith(" - - "), HasSubstr("b.xml")),
                            "gxp - P64" + unknown, "gxp 000b82123456 P65" + unknown));
}

TEST_F(PipelineDefinitionsTest, LintFindsWhatCannotBeRendered) {
    add(phone, "gxp", {{"P901", "80"}});
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\"",
                                               "<formats xml-version=\"2\"/>", "", "gxp"));
    restart(); // what is served stays
    EXPECT_THAT(lines_of(pipeline_->lint()),
                ElementsAre(testing::StartsWith(
                    "gxp 000b82123456 - 000b82123456: P901 (web-port): the dictionary has no "
                    "alias path")));
    EXPECT_EQ(live_files().count(phone_file), 1U);
}

// Its phones have no user name and password for it: they would be shut out.
constexpr const char* asks_for_passwords = "<access http-auth=\"digest\"/>";

TEST_F(PipelineDefinitionsTest, ErrorsThatAReloadWouldBringRefuseItUnlessForced) {
    add();
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\"", asks_for_passwords));
    refuses([&] { return pipeline_->reload(); }, ErrorKind::refused,
            "2 new errors, the first: device 000b82123456, class gxp, P1360");
    ASSERT_TRUE(pipeline_->reload(true));
    EXPECT_EQ(pipeline_->classes().find("gxp")->http_auth, HttpAuth::digest);
    EXPECT_TRUE(pipeline_->reload()) << "what is there already stops nobody";
}

TEST_F(PipelineDefinitionsTest, APreviewOfAPublishTellsEachDevicesDifferencesAndChangesNothing) {
    add();
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\"",
                                               "<defaults><P47>sip.example.net</P47></defaults>"
                                               "<names config-prefix=\"gs_\"/>",
                                               "", "gxp"));
    const auto files = live_files();
    const auto preview = pipeline_->preview_publish();
    ASSERT_TRUE(preview) << preview.error().message;
    EXPECT_THAT(preview->differences,
                ElementsAre(Difference{mac_of(phone), Difference::What::setting, "P47",
                                       std::nullopt, "sip.example.net", "sip-server", false}));
    EXPECT_THAT(preview->errors, IsEmpty());
    EXPECT_EQ(live_files(), files);
    EXPECT_FALSE(pipeline_->classes().find("gxp")->defaults.contains(name_of("P47")));
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_NE(live_files(), files);
    EXPECT_THAT(pipeline_->preview_publish()->differences, IsEmpty());
}

TEST_F(PipelineDefinitionsTest, APreviewTellsTheErrorsThatWouldRefuseIt) {
    add();
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\"", asks_for_passwords));
    const auto preview = pipeline_->preview_publish();
    ASSERT_TRUE(preview) << preview.error().message;
    EXPECT_EQ(preview->errors.size(), 2U);
}

TEST_F(PipelineDefinitionsTest, APreviewIsRefusedWhereThePublishWouldBe) {
    add(phone, "gxp", {{"P901", "80"}});
    write_dictionary(narrow);
    refuses([&] { return pipeline_->preview_publish(); }, ErrorKind::invalid, misfit);
    folder_.write("classes/gxp.xml", "<device-classes");
    refuses([&] { return pipeline_->preview_publish(); }, ErrorKind::invalid, "gxp.xml");
}

TEST_F(PipelineDefinitionsTest, APreviewOfUndoTellsWhatTheNewestChangeHadDone) {
    add();
    ASSERT_TRUE(set({{"P47", "sip.example.net"}}));
    const auto preview = pipeline_->preview_undo();
    ASSERT_TRUE(preview) << preview.error().message;
    EXPECT_THAT(preview->what, HasSubstr("P47"));
    EXPECT_THAT(preview->differences,
                ElementsAre(Difference{mac_of(phone), Difference::What::setting, "P47",
                                       "sip.example.net", std::nullopt, "sip-server", false}));
    EXPECT_EQ(parameters().size(), 1U) << "nothing was taken back";
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_TRUE(parameters().empty());
}

} // namespace
} // namespace plugtone
