// Of org.plugtone1.Manager what is about firmware and rollouts.
#include <ctime>

#include <fcntl.h>

#include "agent/bus_errors.hpp"
#include "agent/firmware_objects.hpp"
#include "agent/job_object.hpp"
#include "agent/manager_object.hpp"
#include "agent/sdbus_version.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

using Options = std::map<std::string, sdbus::Variant>;

// Takes it out of the options, if it is there.
template <class T>
std::optional<T> take_option(Options& options, const std::string& name, const char* type) {
    const auto found = options.find(name);
    if (found == options.end())
        return std::nullopt;
    if (bus::type_of(found->second) != type)
        throw_bus_error({ErrorKind::invalid, "options: want " + name + " of type " + type});
    const T value = found->second.get<T>();
    options.erase(found);
    return value;
}

void want_no_more(const Options& options) {
    if (!options.empty())
        throw_bus_error({ErrorKind::invalid, "options: '" + printable(options.begin()->first) +
                                                 "' is none of this method's"});
}

} // namespace

sdbus::ObjectPath ManagerObject::ImportFirmware(const sdbus::UnixFd& file,
                                                const std::string& file_name,
                                                const std::string& model,
                                                const std::string& version,
                                                const Options& options) {
    return answer([&] {
        Options rest = options;
        FirmwareImport wanted{file_name, model, version, {}, {}};
        wanted.prefix = take_option<std::string>(rest, "Prefix", "s");
        wanted.postfix = take_option<std::string>(rest, "Postfix", "s");
        want_no_more(rest);
        Fd mine(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)); // the message's goes with it
        if (!mine)
            throw_bus_error({ErrorKind::io, "no descriptor is left to keep the file open"});
        return JobObject::path_of(value_or_throw(firmware_.import(std::move(mine), wanted)));
    });
}

std::vector<sdbus::Struct<std::string, std::string, std::uint64_t>> ManagerObject::FirmwarePins() {
    return answer([&] {
        decltype(FirmwarePins()) all;
        const Pins pins = operations_.inventory().pins().all();
        for (const auto& [class_name, pin] : pins.classes)
            if (pin.firmware != 0)
                all.emplace_back("class", class_name, static_cast<std::uint64_t>(pin.firmware));
        for (const auto& [mac, pin] : pins.devices)
            if (pin.firmware != 0)
                all.emplace_back("device", mac.text(), static_cast<std::uint64_t>(pin.firmware));
        return all;
    });
}

void ManagerObject::UnpinFirmware(sdbus::Result<>&& result, std::string mac,
                                  std::string class_name) {
    const PinTarget whom{std::move(mac), std::move(class_name)};
    long_calls_.add(std::move(result), [this, whom] { done_or_throw(firmware_.unpin(whom)); });
}

sdbus::ObjectPath ManagerObject::StartRollout(const std::uint64_t& firmware,
                                              const Options& options) {
    return answer([&] {
        Options rest = options;
        RolloutRequest wanted;
        wanted.firmware = static_cast<FirmwareId>(firmware);
        wanted.class_name = take_option<std::string>(rest, "Class", "s").value_or("");
        wanted.rings = take_option<std::string>(rest, "Rings", "s").value_or("");
        wanted.quiet_hours = take_option<std::string>(rest, "QuietHours", "s").value_or("");
        wanted.via = take_option<std::vector<std::string>>(rest, "Via", "as")
                         .value_or(std::vector<std::string>());
        wanted.downloads_max = take_option<std::uint32_t>(rest, "DownloadsMax", "u").value_or(0);
        wanted.hearing_max = take_option<std::uint32_t>(rest, "HearingMax", "u").value_or(0);
        want_no_more(rest);
        return RolloutObject::path_of(
            value_or_throw(firmware_.rollouts().start(wanted, std::time(nullptr))));
    });
}

} // namespace plugtone
