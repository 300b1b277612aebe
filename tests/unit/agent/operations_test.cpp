#include "agent/operations.hpp"

#include "core/formats/openssl_container.hpp"
#include "tests/unit/agent/running_agent.hpp"

namespace plugtone {
namespace {

using test::class_xml;
using test::mac_of;
using test::name_of;
using test::other_phone;
using test::phone;
using test::phone_file;
using test::settings_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Bytes vector_of(const std::string& name) {
    const std::string bytes =
        test::content_of(std::string(PLUGTONE_TEST_DATA) + "/vectors/binary/" + name);
    return {bytes.begin(), bytes.end()};
}

// With a second class, of another family.
class OperationsTest : public test::RunningAgent {
protected:
    OperationsTest() {
        folder_.write("classes/ht.xml", class_xml("ht", "vendor-class=\"HT\"", "", "", "ht"));
        const auto taken = pipeline_->reload();
        EXPECT_TRUE(taken) << taken.error().message;
    }
};

TEST_F(OperationsTest, AChangeIsInTheDevicesFile) {
    add();
    ASSERT_TRUE(set({{"P47", "sip.example.net"}}));
    const std::string sealed = live_files().at(phone_file);
    const auto device = inventory_->device(mac_of(phone));
    ASSERT_TRUE(device);
    const auto plain = decrypt_container(as_bytes(sealed), device->xml_password, KeyDigest::md5);
    ASSERT_TRUE(plain);
    EXPECT_THAT(std::string(as_text(*plain)), HasSubstr("sip.example.net"));
}

TEST_F(OperationsTest, EveryDeviceHasAPasswordOfItsOwn) {
    add();
    add("000b82000001");
    EXPECT_FALSE(inventory_->device(mac_of(phone))->xml_password ==
                 inventory_->device(mac_of("000b82000001"))->xml_password);
}

TEST_F(OperationsTest, RefusesADeviceThatCannotBe) {
    add();
    const auto adding = [&](const NewDevice& device) {
        return [this, device] { return operations_->add_device(device); };
    };
    const Mac fresh = mac_of("000b82000001");
    refuses(adding({mac_of("010b82123456"), "gxp", "", {}}), ErrorKind::invalid, "single device");
    refuses(adding({mac_of(phone), "gxp", "", {}}), ErrorKind::conflict, "exists already");
    refuses(adding({fresh, "none", "", {}}), ErrorKind::not_found, "no class 'none'");
    refuses(adding({fresh, "", "", {}}), ErrorKind::invalid, "--class");
    refuses(adding({fresh, "gxp", "two\nlines", {}}), ErrorKind::invalid, "label");
    refuses(adding({fresh, "gxp", std::string(201, 'x'), {}}), ErrorKind::invalid, "200");
    refuses(adding({fresh, "gxp", "", {{"P1359", "x"}}}), ErrorKind::refused, "P1359");
    refuses(adding({fresh, "gxp", "", {{"P2", "\x01"}}}), ErrorKind::invalid, "P2");
    refuses(adding({fresh, "gxp", "", {{"P2", "a"}, {"admin-password", "b"}}}), ErrorKind::invalid,
            "given twice");
}

TEST_F(OperationsTest, RefusesSettingsThatCannotBe) {
    add();
    const Mac mac = mac_of(phone);
    const Mac stranger = mac_of("000b82000001");
    Operations& ops = *operations_;
    refuses(
        [&] {
            return ops.change_device(stranger, settings_of({{"P2", "a"}}));
        },
        ErrorKind::not_found, "no device 000b82000001");
    refuses([&] { return ops.unset_parameters(stranger, {"P2"}); }, ErrorKind::not_found,
            "no device 000b82000001");
    refuses([&] { return ops.remove_device(stranger); }, ErrorKind::not_found,
            "no device 000b82000001");
    refuses([&] { return set({{"P1359", "x"}}); }, ErrorKind::refused, "P1359");
    refuses([&] { return set({{"P2", std::string(8193, 'x')}}); }, ErrorKind::invalid, "P2");
    refuses([&] { return ops.unset_parameters(mac, {"P2"}); }, ErrorKind::not_found,
            "has no P2 (admin-password) of its own");
    refuses(
        [&] {
            return ops.set_shared(of_site, {{"P1359", "x"}}, false);
        },
        ErrorKind::refused, "P1359");
    refuses([&] { return ops.unset_shared(of_site, {"P2"}); }, ErrorKind::not_found,
            "the site has no P2 (admin-password)");
}

TEST_F(OperationsTest, RefusesAChangeOfNothing) {
    add();
    const Mac mac = mac_of(phone);
    Operations& ops = *operations_;
    refuses([&] { return set({}); }, ErrorKind::invalid, "at least one");
    refuses([&] { return ops.unset_parameters(mac, {}); }, ErrorKind::invalid, "at least one");
    refuses([&] { return ops.set_shared(of_site, {}, true); }, ErrorKind::invalid, "at least one");
    refuses([&] { return ops.unset_shared(of_site, {}); }, ErrorKind::invalid, "at least one");
}

TEST_F(OperationsTest, UnsettingIsAllOrNothing) {
    add();
    ASSERT_TRUE(set({{"P47", "a"}}));
    refuses(
        [&] {
            return operations_->unset_parameters(mac_of(phone), {"P47", "P2"});
        },
        ErrorKind::not_found, "P2");
    EXPECT_THAT(inventory_->parameters(mac_of(phone)), ElementsAre(Pair(name_of("P47"), "a")));
}

TEST_F(OperationsTest, TakesNumbersNamesAndAliasesInEitherCase) {
    const auto added = operations_->add_device(
        {mac_of(phone), "gxp", "", {{"registrar", "a"}, {"p64", "auto"}, {"WEB-port", "80"}}});
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_THAT(parameters(), ElementsAre(Pair(name_of("P47"), "a"), Pair(name_of("P64"), "auto"),
                                          Pair(name_of("P901"), "80")));
    ASSERT_TRUE(set({{"account.1.sip.server", "b"}}));
    EXPECT_EQ(published_.back().second, "device set 000b82123456 P47");
    ASSERT_TRUE(operations_->unset_parameters(mac_of(phone), {"sip-server", "P64", "web-port"}));
    EXPECT_EQ(published_.back().second, "device unset 000b82123456 P47 P64 P901");
    EXPECT_THAT(parameters(), IsEmpty());
}

TEST_F(OperationsTest, RefusesANameThatNobodyKnows) {
    add();
    const std::string why = "a name that the dictionary has";
    refuses([&] { return set({{"sip-servre", "a"}}); }, ErrorKind::invalid, why);
    refuses(
        [&] {
            return operations_->set_shared(of_site, {{"P4x7", "a"}}, false);
        },
        ErrorKind::invalid, why);
    refuses([&] { return operations_->unset_parameters(mac_of(phone), {"sip-servre"}); },
            ErrorKind::invalid, why);
    refuses([&] { return operations_->unset_shared("gxp", {"sip-servre"}); }, ErrorKind::invalid,
            why);
}

TEST_F(OperationsTest, RefusesOneParameterUnderTwoNames) {
    add();
    const TypedSettings twice = {{"P47", "a"}, {"sip-server", "a"}};
    const std::string why = "P47 (sip-server) is given twice";
    refuses([&] { return set(twice); }, ErrorKind::invalid, why);
    refuses([&] { return operations_->set_shared("gxp", twice, false); }, ErrorKind::invalid, why);
    refuses(
        [&] {
            return operations_->add_device({mac_of(other_phone), "gxp", "", twice});
        },
        ErrorKind::invalid, why);
}

TEST_F(OperationsTest, RefusesWhatIsOutOfItsTypeAndSaysWhatIsAllowed) {
    add();
    add(other_phone, "ht");
    refuses(
        [&] {
            return set({{"web-port", "65536"}});
        },
        ErrorKind::invalid, "P901 (web-port): want 1 to 65535, got '65536'");
    refuses(
        [&] {
            return set({{"P901", "80"}}, other_phone);
        },
        ErrorKind::invalid, "P901 (web-port): want 1024 to 2048, got '80'");
    refuses(
        [&] {
            return set({{"protocol", "3"}});
        },
        ErrorKind::invalid, "P212 (protocol): want 0 (TFTP), 1 (HTTP) or 2 (HTTPS), got '3'");
    refuses(
        [&] {
            return operations_->set_shared("ht", {{"P901", "80"}}, false);
        },
        ErrorKind::invalid, "want 1024 to 2048");
    refuses(
        [&] {
            return operations_->set_shared(of_site, {{"P901", "0"}}, false);
        },
        ErrorKind::invalid, "want 1 to 65535");
    refuses([&] { return set({{"P901", "80x"}}); }, ErrorKind::invalid, "got '80x'");
    EXPECT_TRUE(set({{"P901", "80"}}));
    EXPECT_TRUE(set({{"P901", "2048"}}, other_phone));
}

TEST_F(OperationsTest, ARefusalHoldsNoSecret) {
    add();
    const auto refused = set({{"admin-password", "swordfish" + std::string(30, '!')}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message,
                HasSubstr("P2 (admin-password): want a secret of 1 to 30 bytes, got 39 bytes"));
    EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("swordfish")));
}

TEST_F(OperationsTest, TakesWhatTheDictionaryDoesNotKnowWithANote) {
    add();
    add(other_phone, "ht");
    const auto unknown = set({{"P64", "auto"}, {"P47", "a"}});
    ASSERT_TRUE(unknown);
    EXPECT_THAT(*unknown, ElementsAre("P64 is in no dictionary: it is sent as it stands"));
    const auto not_here = set({{"keypad-lock", "7"}});
    ASSERT_TRUE(not_here);
    EXPECT_THAT(
        *not_here,
        ElementsAre("P1357 (keypad-lock) is not known for family gxp: it is sent as it stands"));
    EXPECT_EQ(parameters().at(name_of("P1357")), "7");
    refuses(
        [&] {
            return set({{"keypad-lock", "7"}}, other_phone);
        },
        ErrorKind::invalid, "0 (no) or 1 (yes)");
    const auto known = set({{"keypad-lock", "1"}}, other_phone);
    ASSERT_TRUE(known);
    EXPECT_THAT(*known, IsEmpty());
    const auto shared = operations_->set_shared("gxp", {{"P1357", "7"}, {"P64", "x"}}, true);
    ASSERT_TRUE(shared);
    EXPECT_EQ(shared->size(), 2U);
    const auto added = operations_->add_device({mac_of("000b82000002"), "ht", "", {{"P64", "x"}}});
    ASSERT_TRUE(added);
    EXPECT_EQ(added->size(), 1U);
}

TEST_F(OperationsTest, ManyNamesAreNotAllTold) {
    add();
    TypedSettings settings;
    for (int number = 1001; number <= 1010; ++number)
        settings["P" + std::to_string(number)] = "x";
    ASSERT_TRUE(set(settings));
    EXPECT_EQ(published_.back().second, "device set 000b82123456 P1001 P1002 P1003 P1004 P1005 "
                                        "P1006 P1007 P1008 and 2 more");
}

TEST_F(OperationsTest, ADeviceCanBeGivenAnotherClassAndLabel) {
    add();
    const Secret password = inventory_->device(mac_of(phone))->xml_password;
    DeviceChange change;
    change.class_name = "ht";
    change.label = "Reception";
    change.settings = {{"P901", "1080"}}; // which only the new class has so
    ASSERT_TRUE(operations_->change_device(mac_of(phone), change));
    EXPECT_EQ(published_.back().second, "device set 000b82123456 class label P901");
    const auto device = inventory_->device(mac_of(phone));
    EXPECT_EQ(device->class_name, "ht");
    EXPECT_EQ(device->label, "Reception");
    EXPECT_TRUE(device->xml_password == password) << "the phone has it already";
    EXPECT_EQ(pipeline_->class_of(*device)->name, "ht");
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_EQ(inventory_->device(mac_of(phone))->class_name, "gxp");
    EXPECT_EQ(inventory_->device(mac_of(phone))->label, "");
    EXPECT_THAT(parameters(), IsEmpty());
}

TEST_F(OperationsTest, AnEmptyClassIsRecognisedFromNowOn) {
    states_->apply(mac_of(phone), {EventKind::offered, {{"VENDOR_CLASS", "HT"}}}, 1);
    add();
    EXPECT_EQ(pipeline_->class_of(*inventory_->device(mac_of(phone)))->name, "gxp");
    DeviceChange change;
    change.class_name = "";
    ASSERT_TRUE(operations_->change_device(mac_of(phone), change));
    EXPECT_EQ(pipeline_->class_of(*inventory_->device(mac_of(phone)))->name, "ht");
}

TEST_F(OperationsTest, RefusesAClassOrALabelThatCannotBe) {
    add(phone, "gxp", {{"P901", "80"}});
    const auto changing = [&](std::optional<std::string> class_name,
                              std::optional<std::string> label) {
        return [this, class_name, label] {
            return operations_->change_device(mac_of(phone), {class_name, label, {}});
        };
    };
    refuses(changing("none", {}), ErrorKind::not_found, "no class 'none'");
    refuses(changing("", {}), ErrorKind::invalid, "no class recognises it");
    refuses(changing({}, "two\nlines"), ErrorKind::invalid, "label");
    refuses(changing({}, {}), ErrorKind::invalid, "--class, --label or --url");
    refuses(changing("ht", {}), ErrorKind::invalid,
            "device 000b82123456, class ht: P901 (web-port): want 1024 to 2048, got '80'");
}

TEST_F(OperationsTest, ASettingOfAClassIsInTheFilesOfItsDevicesOnly) {
    add();
    add(other_phone, "ht");
    const auto before = live_files();
    ASSERT_TRUE(operations_->set_shared("gxp", {{"sip-server", "a"}}, false));
    EXPECT_EQ(published_.back().second, "class gxp set P47");
    auto after = live_files();
    EXPECT_NE(after.at(phone_file), before.at(phone_file));
    EXPECT_EQ(after.at("@/cfg000b82000001.xml"), before.at("@/cfg000b82000001.xml"));
    EXPECT_EQ(after.at("@/cfg.xml"), before.at("@/cfg.xml"));
    const Composition composed = pipeline_->composition_of(*inventory_->device(mac_of(phone)));
    EXPECT_EQ(composed.at(name_of("P47")).layer, Layer::class_settings);
    ASSERT_TRUE(operations_->unset_shared("gxp", {"sip-server"}));
    EXPECT_EQ(published_.back().second, "class gxp unset P47");
    EXPECT_THAT(inventory_->shared("gxp"), IsEmpty());
}

TEST_F(OperationsTest, RefusesSettingsOfAClassThatCannotBe) {
    refuses(
        [&] {
            return operations_->set_shared("none", {{"P47", "a"}}, false);
        },
        ErrorKind::not_found, "no class 'none'");
    refuses([&] { return operations_->unset_shared("none", {"P47"}); }, ErrorKind::not_found,
            "no class 'none'");
    refuses([&] { return operations_->unset_shared("gxp", {"P234"}); }, ErrorKind::not_found,
            "the class gxp has no P234 (config-prefix) set (class files are not changed)");
}

TEST_F(OperationsTest, ASecretIsNeverPublic) {
    const std::string why = "P2 (admin-password) is a secret";
    for (const std::string& owner : {of_site, std::string("gxp")}) {
        refuses(
            [&] {
                return operations_->set_shared(owner, {{"P47", "a"}, {"P2", "b"}}, true);
            },
            ErrorKind::refused, why);
        ASSERT_TRUE(operations_->set_shared(owner, {{"P47", "a"}, {"P2", "b"}}, false));
        EXPECT_FALSE(inventory_->shared(owner).at(name_of("P2")).is_public);
        ASSERT_TRUE(operations_->set_shared(owner, {{"P47", "a"}}, true));
        EXPECT_TRUE(inventory_->shared(owner).at(name_of("P47")).is_public);
    }
}

TEST_F(OperationsTest, AnImportedFileIsServedUntilItIsForgotten) {
    add();
    const auto before = live_files();
    const Bytes encrypted = vector_of("v01.000b82123456.dll190.enc.bin");
    ASSERT_TRUE(operations_->import_vendor_file(mac_of(phone), encrypted));
    EXPECT_EQ(published_.back().second, "device import-legacy 000b82123456");
    for (const char* path : {"gs_@/cfg000b82123456", "@/cfg000b82123456"})
        EXPECT_EQ(live_files().at(path), std::string(encrypted.begin(), encrypted.end())) << path;
    const Bytes plain = vector_of("v01.000b82123456.dll190.plain.bin");
    ASSERT_TRUE(operations_->import_vendor_file(mac_of(phone), plain));
    EXPECT_EQ(live_files().at("@/cfg000b82123456"), std::string(plain.begin(), plain.end()));
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_EQ(inventory_->vendor_file(mac_of(phone)), encrypted);
    ASSERT_TRUE(operations_->forget_vendor_file(mac_of(phone)));
    EXPECT_EQ(published_.back().second, "device import-legacy --forget 000b82123456");
    EXPECT_EQ(live_files(), before);
    refuses([&] { return operations_->forget_vendor_file(mac_of(phone)); }, ErrorKind::not_found,
            "no imported binary file");
}

TEST_F(OperationsTest, RefusesAFileThatTheDeviceWouldNotTake) {
    add();
    const auto importing = [&](const char* mac, const Bytes& bytes) {
        return [this, mac, bytes] { return operations_->import_vendor_file(mac_of(mac), bytes); };
    };
    refuses(importing(phone, vector_of("v02.000b82000000.dll190.plain.bin")), ErrorKind::invalid,
            "binary file: the file is for 000b82000000, not for 000b82123456");
    Bytes damaged = vector_of("v01.000b82123456.dll190.enc.bin");
    damaged.back() ^= 1U;
    refuses(importing(phone, damaged), ErrorKind::invalid, "binary file: checksum");
    refuses(importing(phone, {}), ErrorKind::invalid, "binary file: size");
    const std::string xml = "<?xml version=\"1.0\"?>";
    refuses(importing(phone, Bytes(xml.begin(), xml.end())), ErrorKind::invalid, "binary file: ");
    refuses(importing(other_phone, vector_of("v01.000b82123456.dll190.enc.bin")),
            ErrorKind::not_found, "no device 000b82000001");
    refuses([&] { return operations_->forget_vendor_file(mac_of(other_phone)); },
            ErrorKind::not_found, "no device 000b82000001");
}

} // namespace
} // namespace plugtone
