#include "agent/firmware_desk.hpp"

#include <algorithm>
#include <ctime>

#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::size_t model_size_max = 24;
constexpr std::size_t file_name_size_max = 255;

Done check_model(const std::string& model) {
    const bool plain = std::all_of(model.begin(), model.end(), [](char character) {
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9') || character == '-' || character == '_';
    });
    if (model.empty() || model.size() > model_size_max || !plain)
        return fail("model: want 1 to " + std::to_string(model_size_max) +
                    " letters, digits, '-' and '_', as the phones report it, such as GXP2160, got "
                    "'" +
                    printable(model) + "'");
    return {};
}

std::set<std::string> known_names(const ClassTable& classes) {
    std::set<std::string> names;
    for (const DeviceClass& device_class : classes.classes())
        names.insert(device_class.names.firmware.begin(), device_class.names.firmware.end());
    return names;
}

// What is worth a second look; nothing is left out silently.
nlohmann::json notes_on(const Firmware& firmware, const std::set<std::string>& known,
                        const std::vector<std::string>& left_out) {
    nlohmann::json notes = nlohmann::json::array();
    for (const FirmwareFile& file : firmware.files)
        if (!known.contains(file.name))
            notes.push_back(file.name + ": no class says that phones ask for this name");
    for (const std::string& name : left_out)
        notes.push_back(name + ": left out, no firmware");
    return notes;
}

Result<Mac> mac_in(const PinTarget& whom) {
    if (whom.mac.empty() == whom.class_name.empty())
        return fail("want either a device or a class");
    return whom.mac.empty() ? Result<Mac>(Mac{}) : Mac::parse(whom.mac);
}

std::string target_text(const PinTarget& whom, const Mac& mac) {
    return whom.mac.empty() ? "class " + whom.class_name : "device " + mac.text();
}

} // namespace

FirmwareDesk::FirmwareDesk(Pipeline& pipeline, Jobs& jobs, Rollouts& rollouts, std::string folder)
    : pipeline_(pipeline), jobs_(jobs), rollouts_(rollouts), folder_(std::move(folder)) {}

void recover_firmware(FirmwareRows& rows, const std::string& folder) {
    clear_drafts(folder);
    // A shelf is named in one step, and only after all of it was on the disk and looked at.
    for (const Firmware& firmware : rows.in_state(FirmwareState::placing))
        rows.move_to(firmware.id, shelf_is_there(folder, firmware.shelf.folder())
                                      ? FirmwareState::there
                                      : FirmwareState::gone);
    for (const Firmware& firmware : rows.in_state(FirmwareState::removing)) {
        if (const auto removed = remove_shelf(folder, firmware.shelf.folder()); !removed)
            log(Level::error, "firmware-stays",
                {{"firmware", firmware.text()}, {"why", removed.error().message}});
        else
            rows.move_to(firmware.id, FirmwareState::gone);
    }
}

Result<Firmware> FirmwareDesk::checked(const FirmwareImport& wanted) {
    if (auto good = check_model(wanted.model); !good)
        return tl::unexpected(good.error());
    if (wanted.file_name.empty() || wanted.file_name.size() > file_name_size_max)
        return fail("file name: want 1 to " + std::to_string(file_name_size_max) + " bytes");
    const auto version = FirmwareVersion::parse(wanted.version);
    if (!version)
        return tl::unexpected(version.error());
    auto shelf = Shelf::make(wanted.prefix.value_or(lower(wanted.model) + "_"),
                             wanted.postfix.value_or("_" + version->text()));
    if (!shelf)
        return tl::unexpected(shelf.error());
    Firmware firmware;
    firmware.model = wanted.model;
    firmware.version = *version;
    firmware.shelf = *std::move(shelf);
    if (auto room = check_room(firmware); !room)
        return tl::unexpected(room.error());
    return firmware;
}

// Neither may two shelves be one folder, nor serve the same name.
Done FirmwareDesk::check_room(const Firmware& firmware) {
    if (shelf_is_there(folder_, firmware.shelf.folder()))
        return fail(ErrorKind::conflict, folder_ + "/" + firmware.shelf.folder() +
                                             " is there already: choose another --prefix or "
                                             "--postfix, or remove that firmware first");
    for (const Firmware& other : inventory().firmware().in_state(FirmwareState::there))
        for (const FirmwareFile& its : other.files)
            for (const FirmwareFile& file : firmware.files)
                if (other.shelf.served_name(its.name) == firmware.shelf.served_name(file.name))
                    return fail(ErrorKind::conflict,
                                other.text() + " is served under the name " +
                                    firmware.shelf.served_name(file.name) +
                                    " already: choose another --prefix or --postfix");
    return {};
}

Result<JobNumber> FirmwareDesk::import(Fd file, const FirmwareImport& wanted) {
    auto firmware = checked(wanted);
    if (!firmware)
        return tl::unexpected(firmware.error());
    const std::set<std::string> known = known_names(pipeline_.classes());
    const std::string name = wanted.file_name.substr(wanted.file_name.rfind('/') + 1);
    const bool bare = known.contains(name) || lower(name).ends_with(".bin");
    const auto opened = std::make_shared<Fd>(std::move(file)); // a std::function is copied
    return jobs_.start("firmware import " + printable(name),
                       [this, firmware = *firmware, folder = folder_, known, name, bare,
                        opened](JobProgress& progress) -> Result<Jobs::Finish> {
                           auto begun = ShelfDraft::begin_in(
                               folder, known, [&](std::uint64_t done, std::uint64_t total) {
                                   progress.reached(done, total);
                                   return !progress.is_cancelled();
                               });
                           if (!begun)
                               return tl::unexpected(begun.error());
                           const std::shared_ptr<ShelfDraft> draft = *std::move(begun);
                           Result<std::vector<std::string>> left_out = std::vector<std::string>();
                           if (!bare)
                               left_out = read_archive(opened->get(), {}, *draft);
                           else if (auto read = read_bare(opened->get(), name, {}, *draft); !read)
                               left_out = tl::unexpected(read.error());
                           if (!left_out)
                               return fail_in(printable(name), left_out.error());
                           if (auto good = draft->verify(); !good)
                               return tl::unexpected(good.error());
                           return [this, firmware, draft, left_out = *left_out] {
                               return place(firmware, *draft, left_out);
                           };
                       });
}

// On the loop's thread: nobody else changes rows or shelves meanwhile.
Result<nlohmann::json> FirmwareDesk::place(Firmware firmware, ShelfDraft& draft,
                                           const std::vector<std::string>& left_out) {
    firmware.files = draft.files();
    firmware.imported = std::time(nullptr);
    firmware.state = FirmwareState::placing;
    if (auto room = check_room(firmware); !room)
        return tl::unexpected(room.error());
    FirmwareRows& rows = inventory().firmware();
    firmware.id = rows.add(firmware);
    if (auto placed = draft.place(firmware.shelf.folder()); !placed) {
        rows.move_to(firmware.id, FirmwareState::gone);
        return tl::unexpected(placed.error());
    }
    rows.move_to(firmware.id, FirmwareState::there);
    log(Level::info, "firmware-imported", {{"firmware", firmware.text()}});
    if (changed_)
        changed_();
    nlohmann::json files = nlohmann::json::array();
    for (const FirmwareFile& file : firmware.files)
        files.push_back({{"name", file.name},
                         {"served", firmware.shelf.served_name(file.name)},
                         {"size", file.size},
                         {"sha256", file.sha256}});
    return nlohmann::json{
        {"id", firmware.id},
        {"model", firmware.model},
        {"version", firmware.version.text()},
        {"prefix", firmware.shelf.prefix},
        {"postfix", firmware.shelf.postfix},
        {"files", files},
        {"notes", notes_on(firmware, known_names(pipeline_.classes()), left_out)}};
}

// Who would be without it.
std::optional<std::string> FirmwareDesk::pinned_to(FirmwareId id) {
    if (const Rollout* rollout = rollouts_.active_of(id))
        return "rollout " + std::to_string(rollout->plan().id) + " uses it";
    const Pins pins = inventory().pins().all();
    for (const auto& [class_name, pin] : pins.classes)
        if (pin.firmware == id)
            return "class " + class_name + " is pinned to it";
    for (const auto& [mac, pin] : pins.devices)
        if (pin.firmware == id)
            return "device " + mac.text() + " is pinned to it";
    for (const Device& device : inventory().devices()) {
        const DeviceClass* device_class = pipeline_.class_of(device);
        const auto pin = pins.of(device.mac, device_class == nullptr ? "" : device_class->name);
        if (pin && pin->firmware == id)
            return "device " + device.mac.text() + " was pinned to it by rollout " +
                   std::to_string(pin->rollout);
    }
    return std::nullopt;
}

Done FirmwareDesk::remove(FirmwareId id) {
    FirmwareRows& rows = inventory().firmware();
    const auto firmware = rows.find(id);
    if (!firmware)
        return fail(ErrorKind::not_found, "no firmware " + std::to_string(id) +
                                              "; 'plugtonectl firmware list' shows all");
    if (const auto who = pinned_to(id))
        return fail(ErrorKind::refused, firmware->text() + ": " + *who + "; end that first");
    rows.move_to(id, FirmwareState::removing);
    if (auto removed = remove_shelf(folder_, firmware->shelf.folder()); !removed) {
        rows.move_to(id, FirmwareState::there);
        return removed;
    }
    rows.move_to(id, FirmwareState::gone);
    if (changed_)
        changed_();
    return {};
}

Done FirmwareDesk::pin(FirmwareId id, const PinTarget& whom) {
    if (!inventory().firmware().find(id))
        return fail(ErrorKind::not_found, "no firmware " + std::to_string(id) +
                                              "; 'plugtonectl firmware list' shows all");
    return change_pin(whom, id);
}

Done FirmwareDesk::unpin(const PinTarget& whom) {
    return change_pin(whom, 0);
}

Done FirmwareDesk::change_pin(const PinTarget& whom, FirmwareId firmware) {
    const auto mac = mac_in(whom);
    if (!mac)
        return tl::unexpected(mac.error());
    const std::string target = target_text(whom, *mac);
    const bool one = !whom.mac.empty();
    if (!one && pipeline_.classes().find(whom.class_name) == nullptr)
        return fail(ErrorKind::not_found, "no class '" + printable(whom.class_name) +
                                              "'; 'plugtonectl class list' shows all");
    if (one && !inventory().device(*mac))
        return fail(ErrorKind::not_found, "no " + target + "; 'plugtonectl device list' shows all");
    const Pins pins = inventory().pins().all();
    bool pinned = !one && pins.classes.contains(whom.class_name) &&
                  pins.classes.at(whom.class_name).firmware != 0;
    for (const Device& device : inventory().devices()) {
        const DeviceClass* device_class = pipeline_.class_of(device);
        const std::string class_name = device_class == nullptr ? "" : device_class->name;
        if (one ? device.mac != *mac : class_name != whom.class_name)
            continue;
        if (const Rollout* rollout = rollouts_.active_with(device.mac))
            return fail(ErrorKind::refused, "device " + device.mac.text() + " is in rollout " +
                                                std::to_string(rollout->plan().id) +
                                                ", which has not ended: abort that first");
        const auto pin = pins.of(device.mac, class_name);
        const bool own =
            pins.devices.contains(device.mac) && pins.devices.at(device.mac).firmware != 0;
        pinned = pinned || (pin && (pin->rollout != 0 || (one && own)));
    }
    if (firmware == 0 && !pinned)
        return fail(ErrorKind::not_found, target + " is pinned to no firmware");
    const std::string verb =
        firmware == 0 ? "firmware unpin " : "firmware pin " + std::to_string(firmware) + " ";
    return pipeline_.change(
        verb + target, one ? Scope::of(*mac) : Scope::all(), [&](Generation generation) {
            if (one)
                inventory().pins().pin_device(generation, *mac, firmware);
            else
                inventory().pins().pin_class(generation, whom.class_name, firmware);
            return Done{};
        });
}

} // namespace plugtone
