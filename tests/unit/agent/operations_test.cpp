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

using OperationsTest = test::RunningAgent;

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

} // namespace
} // namespace plugtone
