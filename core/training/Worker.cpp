#include "training/Worker.h"

#include "Error.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/LearnedVariance.h"
#include "diffusion/ReverseSampler.h"
#include "settings/Fields.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace diffuscope {
namespace {

constexpr auto publishInterval = std::chrono::milliseconds(15);
constexpr std::size_t pathBytes = std::size_t{1} << 20;  // ten particles at 10,000 steps
constexpr std::size_t noiseBytes = std::size_t{32} << 20;
// How long what the user has changed comes before training, and the forward cloud before all else.
constexpr std::chrono::milliseconds awaited{1000};

}  // namespace

Engine::Worker::Worker(const Settings& settings, bool training, Latest<Snapshot>& snapshots)
    : snapshots_(snapshots), settings_(settings), training_(training) {
    guarded([&] { validate(settings_); });
    if (!notices_.empty()) {
        settings_.schedule = {};
        settings_.sampler.denoiser = DenoiserKind::Network;
        settings_.sampler.sigma = SigmaKind::Upper;
    }
    takeData(dataFor(settings_));
    schedule_ = std::make_shared<const NoiseSchedule>(settings_.schedule);
    history_ = std::make_shared<const LossHistory>();
    startForward();
    publish(true);
    loadBackend();
    startReverse(true);
}

std::shared_ptr<const DataSet> Engine::Worker::dataFor(const Settings& settings) const {
    if (settings.data.dataset != DatasetKind::Imported) return trainingData(settings.data, settings.seed);
    if (!imported_)
        throw InputError("No points have been imported yet: open a table of two numeric columns first.");
    return imported_;
}

/// What the settings ask for, else Eigen: the reason was given as a notice, and the status bar shows it too.
std::unique_ptr<DenoiserBackend> Engine::Worker::backendFor(BackendKind kind) {
    std::unique_ptr<DenoiserBackend> backend;
    guarded([&] { backend = makeBackend(kind); });
    return backend ? std::move(backend) : makeEigenBackend(0, notices_.back().sentence);
}

void Engine::Worker::loadBackend() {
    std::unique_ptr<DenoiserBackend> backend = backendFor(settings_.backend);
    if (trainer_)
        trainer_->setBackend(std::move(backend));
    else
        trainer_ = std::make_unique<Trainer>(settings_, data_, std::move(backend));
}

void Engine::Worker::guarded(const std::function<void()>& action) {
    try {
        action();
    } catch (const InputError& error) {
        notify(true, error.what());
    } catch (const BackendError& error) {
        notify(true, error.what());
        if (trainer_ && trainer_->backend().description().id == "gpu") {
            dropPass();
            trainer_->setBackend(makeEigenBackend(0, error.what()));
            startReverse(true);
        }
    }
}

void Engine::Worker::notify(bool warning, std::string sentence) {
    notices_.push_back({++serial_, warning, std::move(sentence)});
    if (notices_.size() > 8) notices_.erase(notices_.begin());
    dirty_ = true;
}

bool Engine::Worker::busy() const {
    return training_ || dirty_ || !forwardPaths_.done() || !forwardCloud_.done() || !pass_.paths.done() ||
           !pass_.cloud.done() || !recall_.done() || behind();
}

/// The cloud is of a network that has learned since its pass began.
bool Engine::Worker::behind() const {
    return settings_.sampler.denoiser == DenoiserKind::Network && trainer_ &&
           trainer_->step() != pass_.trainedSteps;
}

void Engine::Worker::takeData(std::shared_ptr<const DataSet> data) {
    data_ = std::move(data);
    trained_ = trainedOn(settings_.data.dataset, data_);
}

/// What was measured is no longer true.
void Engine::Worker::startEra() {
    ++era_;
    readings_ = nullptr;
    dirty_ = true;
}

void Engine::Worker::setReadings(std::shared_ptr<const Readings> readings) {
    if (readings->era != era_ || !settings_.view.measure) return;
    readings_ = std::move(readings);
    dirty_ = true;
}

/// `kept`, which is renewed where it is of another seed, T or count; null where it would take too much.
std::shared_ptr<ForwardNoise> Engine::Worker::keptNoise(std::shared_ptr<ForwardNoise>& kept,
                                                        int count) const {
    const int steps = settings_.schedule.steps;
    if (kept && kept->isOf(settings_.seed, steps, count)) return kept;
    kept = ForwardNoise::bytes(steps, count) <= noiseBytes
               ? std::make_shared<ForwardNoise>(settings_.seed, steps, count)
               : nullptr;
    return kept;
}

void Engine::Worker::startForward() {
    const int followed = std::min(followedParticles, settings_.view.particles);
    forwardPaths_ =
        forwardRun(schedule_, data_, settings_.seed, followed, pathBytes, keptNoise(pathNoise_, followed));
    forwardCloud_ =
        forwardRun(schedule_, data_, settings_.seed, settings_.view.particles,
                   memoryShares(settings_.view).cloud, keptNoise(cloudNoise_, settings_.view.particles));
    forwardBegan_ = Clock::now();
    recall_.dropForward();
    dirty_ = true;
}

/// The settings as far as these data and this network can follow them. What they cannot is told once, when
/// the user asked for it.
Settings Engine::Worker::sampled(bool visible) {
    Settings settings = settings_;
    try {
        (void)guidanceOf(settings, *data_);
    } catch (const InputError& error) {
        settings.sampler.classNumber = 0;
        if (visible) notify(true, std::string(error.what()) + " Points of any class are shown.");
    }
    return settings;
}

void Engine::Worker::startReverse(bool visible) {
    const Settings settings = sampled(visible);
    // What is on the stage is never half of a run that nobody goes on with.
    visible = visible || (pass_.visible && !pass_.cloud.done());
    const int followed = std::min(followedParticles, settings_.view.particles);
    // What a step of an ideal denoiser costs depends on its noise: the last ones tell nothing about the
    // first.
    if (settings.sampler.denoiser == DenoiserKind::Ideal) pathSlices_ = cloudSlices_ = SlicePace();
    DenoiserBackend& backend = trainer_->backend();
    const auto state = std::make_shared<const TrainingState>(backend.state());
    const auto network = networkDenoiser(*state);
    std::vector<double> shares;
    if (learnsSigma(settings.sampler))
        shares = meanShares(*network, guidanceOf(settings, *data_).asked(), *schedule_,
                            settings.network.conditioning, trained_->points, settings.seed);
    std::vector<double> noises = stepNoises(*schedule_, settings.sampler, shares);
    if (!stepNoise_ || *stepNoise_ != noises)  // who draws it sees by the pointer that it is another
        stepNoise_ = std::make_shared<const std::vector<double>>(std::move(noises));
    pass_ = {.paths = reverseRun(backend, *schedule_, data_, settings, followed, pathBytes, trained_),
             .cloud = reverseRun(backend, *schedule_, data_, settings, settings.view.particles,
                                 memoryShares(settings.view).cloud, trained_),
             .trainedSteps = trainer_->step(),
             .visible = visible,
             .state = state,
             .network = network,
             .start = Clock::now()};
    pass_.pace = PassPace(pass_.paths.units() + pass_.cloud.units(), pass_.start);
    if (visible) pathsAreNew_ = false;
    if (visible && shownCloud_.complete() && !shownCloud_.empty())
        cloudBefore_ = recall_.reverse().empty() ? shownCloud_ : recall_.reverse();
    showPass();
    dirty_ = true;
}

void Engine::Worker::showPass() {
    if (!pass_.visible && !pass_.cloud.done()) return;
    if (pass_.paths.done()) {
        shownPaths_ = pass_.paths.trajectory();
        urgent_ = urgent_ || !pathsAreNew_;
        pathsAreNew_ = true;
    }
    shownCloud_ = pass_.cloud.trajectory();
    shownShare_ = pass_.cloud.share();
    shownNetwork_ = pass_.network;
    shownState_ = pass_.state;
    if (pass_.cloud.done()) {
        cloudBefore_ = {};
        urgent_ = urgent_ || pass_.visible;
        const bool network = settings_.sampler.denoiser == DenoiserKind::Network;
        // Training beside the pass leaves weights of many steps in it: nothing could compute it again.
        if (behind())
            recall_.dropReverse();
        else
            recall_.setReverse(pass_.cloud, network ? pass_.state : nullptr,
                               memoryShares(settings_.view).recalled);
    } else {
        recall_.dropReverse();
    }
    dirty_ = true;
}

void Engine::Worker::apply(const Settings& settings) {
    validate(settings);
    const Settings before = settings_;
    const bool schedule = settings.schedule != before.schedule;
    const bool data = settings.data != before.data || settings.seed != before.seed;
    const std::shared_ptr<const DataSet> points = data ? dataFor(settings) : data_;
    requireDenoiser(settings.sampler.denoiser, *points);
    if (schedule) schedule_ = std::make_shared<const NoiseSchedule>(settings.schedule);
    settings_ = settings;
    if (data) takeData(points);
    dirty_ = true;
    if (data || schedule || settings.sampler.denoiser != before.sampler.denoiser ||
        settings.sampler.kind != before.sampler.kind || settings.sampler.steps != before.sampler.steps ||
        settings.view.particles != before.view.particles)
        slowTold_ = false;
    if (settings.backend != before.backend) {
        dropPass();
        loadBackend();
    }
    if (trainer_->apply(settings_, data_)) history_ = std::make_shared<const LossHistory>();
    if (data || schedule || settings.sampler != before.sampler || settings.network != before.network)
        startEra();
    if (!settings.view.measure) readings_ = nullptr;
    if (settings.view.memory != before.view.memory) limitMemory();
    if (data || schedule || settings.view.particles != before.view.particles) startForward();
    if (data || schedule || settings.sampler != before.sampler || settings.network != before.network ||
        settings.view.particles != before.view.particles || settings.backend != before.backend)
        startReverse(true);
    // What was changed is seen with the paths that follow from it: nobody waits for a picture of the old
    // ones.
    publish(pass_.paths.done());
}

void Engine::Worker::setTraining(bool playing) {
    training_ = playing;
    stopped_ = false;
    pace_.clear();
    dirty_ = true;
}

void Engine::Worker::trainOneStep() {
    const std::int64_t before = trainer_->step();
    afterTraining(before, trainer_->advance(1));
    startReverse(false);
}

void Engine::Worker::resetNetwork() {
    trainer_->reset();
    startEra();
    pace_.clear();
    history_ = std::make_shared<const LossHistory>();
    startReverse(true);
}

void Engine::Worker::setImported(std::shared_ptr<const DataSet> data, const Settings& settings) {
    imported_ = std::move(data);
    if (settings_.data.dataset == DatasetKind::Imported) {
        takeData(imported_);
        trainer_->apply(settings_, data_);
        startEra();
        startForward();
        startReverse(true);
    }
    apply(settings);
}

void Engine::Worker::restore(const SavedRun& run) {
    validate(run.settings);
    const auto schedule = std::make_shared<const NoiseSchedule>(run.settings.schedule);
    auto trainer = std::make_unique<Trainer>(run.settings, run.data, backendFor(run.settings.backend),
                                             run.state, run.history);
    // Nothing below fails: a run that is refused leaves the present one as it is.
    dropPass();
    settings_ = run.settings;
    if (settings_.data.dataset == DatasetKind::Imported) imported_ = run.data;
    takeData(run.data);
    schedule_ = schedule;
    trainer_ = std::move(trainer);
    history_ = std::make_shared<const LossHistory>(trainer_->history());
    startEra();
    shownCloud_ = {};
    shownPaths_ = {};
    cloudBefore_ = {};
    pace_.clear();
    startForward();
    startReverse(true);
}

std::shared_ptr<const SavedRun> Engine::Worker::savedRun() const {
    return std::make_shared<const SavedRun>(
        SavedRun{settings_, data_, trainer_->backend().state(), trainer_->history()});
}

void Engine::Worker::cloudSlice() {
    const std::size_t done = !pass_.paths.done() ? pathSlices_.advance(pass_.paths, sliceSeconds)
                                                 : cloudSlices_.advance(pass_.cloud, sliceSeconds);
    pass_.pace.add(done, Clock::now());
    tellIfSlow();
    showPass();
}

/// An ideal denoiser leaves nothing out to save time, and a graphics card's asks every point for every
/// particle and step: who waits is told for how long.
void Engine::Worker::tellIfSlow() {
    constexpr double slow = 5.0;  // seconds
    if (slowTold_ || settings_.sampler.denoiser != DenoiserKind::Ideal) return;
    const double whole = pass_.pace.secondsInAll();
    if (!(whole > slow)) return;
    slowTold_ = true;
    notify(false, "The ideal denoiser of " + std::to_string(trained_->size()) + " points takes about " +
                      durationText(whole) + " for " + std::to_string(settings_.view.particles) +
                      (trainer_->backend().description().id == "gpu"
                           ? " particles; fewer points, particles or steps are faster."
                           : " particles; fewer particles or steps are faster."));
}

void Engine::Worker::work() {
    guarded([&] {
        if (!forwardPaths_.done()) {
            forwardPaths_.advance(std::numeric_limits<std::size_t>::max());
            dirty_ = true;
        } else if (!pass_.paths.done() && pass_.visible) {
            cloudSlice();
        } else if (!forwardCloud_.done() &&
                   (Clock::now() - forwardBegan_ < awaited || std::exchange(forwardsTurn_, !forwardsTurn_))) {
            forwardSlices_.advance(forwardCloud_, sliceSeconds);
            if (forwardCloud_.done())
                recall_.setForward(forwardCloud_, memoryShares(settings_.view).recalled);
            dirty_ = true;
        } else {
            const bool sampled = pass_.paths.done() && pass_.cloud.done();
            // Where there is no cloud to look at yet, most of the time goes into the first one.
            const bool first = pass_.visible && cloudBefore_.empty();
            const bool fresh = pass_.visible && Clock::now() - pass_.start < awaited;
            if (sampled && behind() && !training_) {
                pass_.trainedSteps = trainer_->step();  // once, even if it is refused
                startReverse(false);
            } else if (!recall_.done() && (turn_ % 3 == 2 || (sampled && !training_))) {
                recallSlice();
            } else if (training_ && (turn_ % (fresh ? 16 : first ? 4 : 2) == 0 || sampled)) {
                trainSlice();
                if (sampled && trainer_->step() != pass_.trainedSteps) {
                    if (settings_.sampler.denoiser == DenoiserKind::Network)
                        startReverse(false);
                    else
                        renewNetwork();
                }
            } else if (!sampled) {
                cloudSlice();
            }
            ++turn_;
        }
    });
    publish(false);
}

void Engine::Worker::publish(bool atOnce) {
    const auto now = Clock::now();
    if (!dirty_ || (!atOnce && !urgent_ && now - published_ < publishInterval && busy())) return;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->settings = settings_;
    snapshot->data = data_;
    snapshot->trained = trained_;
    snapshot->schedule = schedule_;
    snapshot->stepNoise = stepNoise_;
    snapshot->forward = recall_.forward().empty() ? forwardCloud_.trajectory() : recall_.forward();
    snapshot->forwardPaths = forwardPaths_.trajectory();
    snapshot->reverse = recall_.reverse().empty() ? shownCloud_ : recall_.reverse();
    snapshot->reverseBefore = cloudBefore_;
    snapshot->reversePaths = shownPaths_;
    snapshot->pathsAreNew = pathsAreNew_;
    snapshot->reverseComputed = shownShare_;
    if (pass_.visible && !pass_.cloud.done()) snapshot->reverseSecondsLeft = pass_.pace.secondsLeft();
    snapshot->network = shownNetwork_;
    snapshot->networkState = shownState_;
    snapshot->readings = readings_;
    snapshot->era = era_;
    snapshot->training = training_;
    snapshot->stopped = stopped_;
    snapshot->history = history_;
    snapshot->loss = std::numeric_limits<double>::quiet_NaN();
    if (trainer_) {
        snapshot->step = trainer_->step();
        snapshot->loss = history_->recent(100);
        snapshot->rateScale = trainer_->rateScale();
        snapshot->backend = trainer_->backend().description();
    }
    if (training_ && pace_.size() > 1) {
        const double seconds =
            std::chrono::duration<double>(pace_.back().first - pace_.front().first).count();
        snapshot->stepsPerSecond = static_cast<double>(pace_.back().second - pace_.front().second) / seconds;
    }
    snapshot->notices = notices_;
    snapshots_.put(std::move(snapshot));
    published_ = now;
    dirty_ = false;
    urgent_ = false;
}

}  // namespace diffuscope
