#include "agent/device_objects.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <tuple>

#include "agent/bus_errors.hpp"

namespace plugtone {

namespace {

constexpr const char* interface_name = "org.plugtone1.Device";

const std::string folder = std::string(root_path) + "/device";

void check(int outcome, const char* what) {
    if (outcome < 0)
        throw sdbus::createError(-outcome, what);
}

// What holds, holds, whoever cannot be told of it.
void tell(int outcome) {
    if (outcome < 0)
        log(Level::debug, "bus-untold", {{"why", std::strerror(-outcome)}});
}

// What sd-bus calls is called by C: no exception may go on.
template <class Body>
int answered(sd_bus_error* error, Body body) noexcept {
    try {
        answer(body);
        return 1;
    } catch (const sdbus::Error& failed) {
        return sd_bus_error_set(error, failed.getName().c_str(), failed.getMessage().c_str());
    } catch (...) {
        return -EIO;
    }
}

// A method of DeviceObject's, as sd-bus calls it.
template <auto method>
struct Method;

template <class Answer, class... Arguments, Answer (DeviceObject::*method)(const Arguments&...)>
struct Method<method> {
    static int handle(sd_bus_message* call, void* device, sd_bus_error* error) noexcept {
        return answered(error, [&] {
            std::tuple<Arguments...> arguments;
            BorrowedMessage in(call);
            std::apply([&](auto&... argument) { ((in >> argument), ...); }, arguments);
            sd_bus_message* made = nullptr;
            check(sd_bus_message_new_method_return(call, &made), "cannot answer");
            const BusMessage reply(made);
            BorrowedMessage out(made);
            std::apply(
                [&](const auto&... argument) {
                    auto& object = *static_cast<DeviceObject*>(device);
                    if constexpr (std::is_void_v<Answer>)
                        (object.*method)(argument...);
                    else
                        out << (object.*method)(argument...);
                },
                arguments);
            check(sd_bus_send(nullptr, made, nullptr), "cannot answer");
        });
    }
};

// Likewise, a property.
template <auto getter>
int get(sd_bus* /*bus*/, const char* /*path*/, const char* /*interface*/, const char* /*property*/,
        sd_bus_message* reply, void* device, sd_bus_error* error) noexcept {
    return answered(error, [&] {
        const auto& object = *static_cast<const DeviceObject*>(device);
        BorrowedMessage out(reply);
        out << (object.*getter)();
    });
}

// As agent/dbus/org.plugtone1.Device.xml has it, which other programs' code is made from.
constexpr auto any = SD_BUS_VTABLE_UNPRIVILEGED; // the gate decides who may (bus_gate.hpp)
constexpr auto told = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE;
constexpr auto table = std::to_array<sd_bus_vtable>({
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Mac", "s", &get<&DeviceObject::mac>, 0, told),
    SD_BUS_PROPERTY("Label", "s", &get<&DeviceObject::label>, 0, told),
    SD_BUS_PROPERTY("Class", "s", &get<&DeviceObject::class_name>, 0, told),
    SD_BUS_PROPERTY("ClassFixed", "b", &get<&DeviceObject::class_fixed>, 0, told),
    SD_BUS_PROPERTY("Url", "s", &get<&DeviceObject::url>, 0, told),
    SD_BUS_PROPERTY("State", "s", &get<&DeviceObject::state>, 0, told),
    SD_BUS_PROPERTY("StateSince", "x", &get<&DeviceObject::state_since>, 0, told),
    SD_BUS_PROPERTY("Stuck", "b", &get<&DeviceObject::stuck>, 0, told),
    SD_BUS_PROPERTY("Why", "s", &get<&DeviceObject::why>, 0, told),
    SD_BUS_PROPERTY("Address", "s", &get<&DeviceObject::address>, 0, told),
    SD_BUS_PROPERTY("LastSeen", "x", &get<&DeviceObject::last_seen>, 0, told),
    SD_BUS_METHOD_WITH_ARGS("Set", SD_BUS_ARGS("a{ss}", parameters, "a{sv}", properties),
                            SD_BUS_RESULT("as", notes), &Method<&DeviceObject::set>::handle, any),
    SD_BUS_METHOD_WITH_ARGS("Unset", SD_BUS_ARGS("as", names), SD_BUS_NO_RESULT,
                            &Method<&DeviceObject::unset>::handle, any),
    SD_BUS_METHOD_WITH_ARGS("Parameters", SD_BUS_ARGS("b", reveal),
                            SD_BUS_RESULT("a(sssbssa(ss))", parameters, "b", legacy_imported),
                            &Method<&DeviceObject::parameters>::handle, any),
    SD_BUS_METHOD_WITH_ARGS("ImportLegacy", SD_BUS_ARGS("ay", content), SD_BUS_NO_RESULT,
                            &Method<&DeviceObject::import_legacy>::handle, any),
    SD_BUS_METHOD_WITH_ARGS("ForgetLegacy", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
                            &Method<&DeviceObject::forget_legacy>::handle, any),
    SD_BUS_METHOD_WITH_ARGS("Secret", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", xml_password),
                            &Method<&DeviceObject::secret>::handle, any),
    SD_BUS_METHOD_WITH_ARGS("History", SD_BUS_ARGS("u", count_max),
                            SD_BUS_RESULT("a(xsa(ss))", events),
                            &Method<&DeviceObject::history>::handle, any),
    SD_BUS_VTABLE_END,
});

// As sd-bus frees them: pointers that end with nullptr, each and their array from malloc.
struct FreePaths {
    void operator()(char** paths) const noexcept {
        for (char** path = paths; *path != nullptr; ++path)
            std::free(*path); // NOLINT(cppcoreguidelines-no-malloc): sd-bus's own
        std::free(paths);     // NOLINT(cppcoreguidelines-no-malloc): likewise
    }
};

} // namespace

sdbus::ObjectPath DeviceObjects::path_of(const Mac& mac) {
    return sdbus::ObjectPath(folder + "/" + mac.text());
}

DeviceObjects::DeviceObjects(sdbus::IConnection& connection, const DeviceObject::Home& home)
    : bus_(raw_bus(connection)), home_(home) {
    for (auto& [mac, known] : inventoried(Scope::all()))
        devices_.try_emplace(mac, home_, mac, std::move(known));
    sd_bus_slot* slot = nullptr;
    check(sd_bus_add_fallback_vtable(bus_, &slot, folder.c_str(), interface_name, table.data(),
                                     &find, this),
          "cannot show devices");
    table_.reset(slot);
    check(sd_bus_add_node_enumerator(bus_, &slot, folder.c_str(), &list, this),
          "cannot list devices");
    listing_.reset(slot);
}

int DeviceObjects::find(sd_bus* /*bus*/, const char* path, const char* /*interface*/, void* self,
                        void** found, sd_bus_error* /*error*/) noexcept {
    const std::string_view name = path;
    if (name.size() <= folder.size() + 1)
        return 0;
    auto& devices = static_cast<DeviceObjects*>(self)->devices_;
    try {
        const auto mac = Mac::parse(name.substr(folder.size() + 1));
        const auto device = mac ? devices.find(*mac) : devices.end();
        // A MAC address has several forms, and an object one path.
        if (device == devices.end() || !name.ends_with("/" + mac->text()))
            return 0;
        *found = &device->second;
        return 1;
    } catch (const std::exception&) {
        return -ENOMEM;
    }
}

int DeviceObjects::list(sd_bus* /*bus*/, const char* /*prefix*/, void* self, char*** paths,
                        sd_bus_error* /*error*/) noexcept {
    const auto& devices = static_cast<const DeviceObjects*>(self)->devices_;
    try {
        // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): sd-bus frees it
        auto* const array = static_cast<char**>(std::calloc(devices.size() + 1, sizeof(char*)));
        if (array == nullptr)
            return -ENOMEM;
        std::unique_ptr<char*, FreePaths> owned(array);
        char** next = array;
        for (const auto& [mac, device] : devices) {
            *next = ::strdup(path_of(mac).c_str());
            if (*next++ == nullptr)
                return -ENOMEM;
        }
        *paths = owned.release();
        return 0;
    } catch (const std::exception&) {
        return -ENOMEM;
    }
}

DeviceObjects::Inventoried DeviceObjects::inventoried(const Scope& scope) {
    Inventory& inventory = home_.operations.inventory();
    Inventoried all;
    if (!scope.everything) {
        for (const Mac& mac : scope.devices)
            if (auto device = inventory.device(mac))
                all[mac] = {std::move(device->class_name), std::move(device->label),
                            inventory.overrides().url_of(mac)};
        return all;
    }
    for (Device& device : inventory.devices())
        all[device.mac] = {std::move(device.class_name), std::move(device.label), {}};
    for (const auto& [mac, url] : inventory.overrides().all().device_urls)
        if (const auto device = all.find(mac); device != all.end())
            device->second.url = url;
    return all;
}

void DeviceObjects::sync(const Scope& scope) {
    Inventoried present = inventoried(scope);
    for (auto& [mac, known] : present) {
        if (const auto found = devices_.find(mac); found != devices_.end()) {
            tell_changed(mac, found->second.refresh(known));
            continue;
        }
        devices_.try_emplace(mac, home_, mac, std::move(known));
        tell(sd_bus_emit_object_added(bus_, path_of(mac).c_str()));
    }
    for (auto at = devices_.begin(); at != devices_.end();) {
        if (!scope.holds(at->first) || present.contains(at->first)) {
            ++at;
            continue;
        }
        // While it is there: sd-bus asks what it has.
        tell(sd_bus_emit_object_removed(bus_, path_of(at->first).c_str()));
        at = devices_.erase(at);
    }
}

bool DeviceObjects::refresh_state(const Mac& mac) {
    const auto found = devices_.find(mac);
    if (found == devices_.end())
        return false;
    const DeviceObject::Moved moved = found->second.refresh_state();
    tell_changed(mac, moved.names);
    return moved.journey;
}

void DeviceObjects::tell_changed(const Mac& mac, const DeviceObject::Names& names) {
    if (names.empty())
        return;
    std::vector<std::string> texts(names.begin(), names.end());
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (std::string& text : texts)
        list.push_back(text.data());
    list.push_back(nullptr);
    tell(sd_bus_emit_properties_changed_strv(bus_, path_of(mac).c_str(), interface_name,
                                             list.data()));
}

} // namespace plugtone
