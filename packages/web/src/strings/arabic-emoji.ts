import type { Strings } from './english.ts';
import type { englishEmoji } from './english-emoji.ts';

/** The texts of the picker of emoji. */
export const arabicEmoji: Pick<Strings, keyof typeof englishEmoji> = {
  chooseEmoji: 'اختيار رمز تعبيري',
  searchEmoji: 'البحث في الرموز التعبيرية',
  emojiMatches: 'الرموز المطابقة',
  emojiFound: {
    zero: 'لا رموز',
    one: 'رمز واحد',
    two: 'رمزان',
    few: '{count} رموز',
    many: '{count} رمزًا',
    other: '{count} رمز',
  },
  loadingEmoji: 'جارٍ تحميل الرموز التعبيرية',
  emojiAway: 'يتعذر تحميل الرموز التعبيرية الآن.',
  noRecentEmoji: 'لم تستخدم أي رمز تعبيري بعد.',
  emojiCategories: 'الفئات',
  emojiRecent: 'المستخدمة مؤخرًا',
  emojiSmileys: 'الوجوه والمشاعر',
  emojiPeople: 'الناس والجسم',
  emojiAnimals: 'الحيوانات والطبيعة',
  emojiFood: 'الطعام والشراب',
  emojiTravel: 'السفر والأماكن',
  emojiActivities: 'الأنشطة',
  emojiObjects: 'الأشياء',
  emojiSymbols: 'الرموز',
  emojiFlags: 'الأعلام',
  skinTone: 'لون البشرة',
  toneNone: 'افتراضي',
  toneLight: 'فاتح',
  toneMediumLight: 'فاتح متوسط',
  toneMedium: 'متوسط',
  toneMediumDark: 'داكن متوسط',
  toneDark: 'داكن',
};
